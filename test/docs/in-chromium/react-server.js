import { renderToString } from 'react-dom/server'
import { Account } from './account.js'

console.log(renderToString(<Account />))
