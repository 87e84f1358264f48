import { createSSRApp } from 'vue'
import { renderToString } from 'vue/server-renderer'
import Account from './Account.vue'

console.log(await renderToString(createSSRApp(Account)))
