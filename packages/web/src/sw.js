/**
 * Opens the app without the server, keeps the last sessions for reading, and adds the key to what elements load by themselves
 * (pictures, the recording), which cannot send one.
 */
const VERSION = '__VERSION__'
const FILES = [
  /* __FILES__ */
]
const SHELL = `vigia-shell-${VERSION}`
const READ = 'vigia-sessions'
const SECRET = 'vigia-auth'
const MAX_READ = 60
const SESSION_DATA = /^\/sessions(\/[^/]+(\/(report|peaks))?)?$/
const MEDIA = /^\/(sessions\/[^/]+\/(audio|transcript\.\w+)|vision\/frames\/[^/]+\/image)$/

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(SHELL)
      .then((cache) => cache.addAll(FILES))
      .then(() => self.skipWaiting()),
  )
})

self.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name.startsWith('vigia-shell-') && name !== SHELL) await caches.delete(name)
      await self.clients.claim()
    })(),
  )
})

self.addEventListener('message', (event) => {
  const { type, value } = event.data ?? {}
  if (type === 'auth') event.waitUntil(keepAuth(value))
  if (type === 'forget') event.waitUntil(forget(value))
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (url.origin !== self.location.origin || request.method !== 'GET') return
  if (MEDIA.test(url.pathname)) event.respondWith(media(request))
  else if (SESSION_DATA.test(url.pathname) && request.mode !== 'navigate') event.respondWith(networkFirst(request, READ))
  else if (url.pathname === '/') event.respondWith(networkFirst(request, SHELL))
  else if (url.pathname.startsWith('/app/')) event.respondWith(cacheFirst(request))
})

async function networkFirst(request, name) {
  const cache = await caches.open(name)
  try {
    const response = await fetch(request)
    if (response.ok) {
      await cache.put(request, response.clone())
      if (name === READ) await trim(cache)
    } else if (response.status === 404 || response.status === 401) await cache.delete(request)
    return response
  } catch (error) {
    const kept = await cache.match(request)
    if (!kept) throw error
    const headers = new Headers(kept.headers)
    headers.set('x-vigia-kept', '1')
    return new Response(await kept.blob(), { status: 200, headers })
  }
}

async function cacheFirst(request) {
  return (await caches.match(request)) ?? fetch(request)
}

/** Photos seen once stay readable; the recording is never kept. */
async function media(request) {
  const auth = await readAuth()
  const headers = new Headers(request.headers)
  if (auth) headers.set('authorization', `Bearer ${auth}`)
  const plain = new Request(request.url, { headers, mode: 'same-origin', credentials: 'omit', signal: request.signal })
  if (!new URL(request.url).pathname.startsWith('/vision/')) return fetch(plain)
  const cache = await caches.open(READ)
  const kept = await cache.match(request.url)
  if (kept) return kept
  const response = await fetch(plain)
  if (response.ok) await cache.put(request.url, response.clone())
  return response
}

async function trim(cache) {
  const keys = await cache.keys()
  for (const key of keys.slice(0, Math.max(0, keys.length - MAX_READ))) await cache.delete(key)
}

/** Everything kept of an erased session; with no id, everything. */
async function forget(sessionId) {
  const cache = await caches.open(READ)
  for (const key of await cache.keys()) {
    const path = new URL(key.url).pathname
    if (!sessionId || path.startsWith('/vision/') || path.startsWith(`/sessions/${sessionId}`) || path === '/sessions')
      await cache.delete(key)
  }
}

async function keepAuth(value) {
  const cache = await caches.open(SECRET)
  if (value) await cache.put('/auth', new Response(value))
  else await cache.delete('/auth')
}

async function readAuth() {
  const kept = await (await caches.open(SECRET)).match('/auth')
  return kept ? kept.text() : null
}
