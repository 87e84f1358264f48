import { createApp, h, ref } from 'vue'
import Account from './Account.vue'
import { authFetch, currentUser } from './session.js'

const { subscribe } = currentUser
window.authFetch = authFetch
window.subscriptions = 0
currentUser.subscribe = (listener) => {
  window.subscriptions++
  const stop = subscribe(listener)
  return () => {
    window.subscriptions--
    stop()
  }
}

const isShown = ref(true)
window.show = (wanted) => (isShown.value = wanted)
createApp({ render: () => (isShown.value ? [h(Account), h(Account)] : []) }).mount('#app')
