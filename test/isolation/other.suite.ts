import './changes-everything.js'
