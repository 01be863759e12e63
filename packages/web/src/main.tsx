import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { settleOnLeave } from './std/erasing.ts'
import { takeKeyFromAddress } from './std/pairing.ts'
import { startServiceWorker } from './std/service-worker.ts'
import './styles/base.css'
import './styles/live.css'
import './styles/sessions.css'
import './styles/system.css'

takeKeyFromAddress()
startServiceWorker()
settleOnLeave()
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
