import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Account } from './account.js'
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

const root = createRoot(document.getElementById('app'))
const two = (
  <StrictMode>
    <Account />
    <Account />
  </StrictMode>
)
window.show = (isShown) => root.render(isShown ? two : null)
window.show(true)
