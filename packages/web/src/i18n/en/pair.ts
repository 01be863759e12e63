import type { pair as spanish } from '../es/pair.ts'

export const pair: Record<keyof typeof spanish, string> = {
  pairTitle: 'Connect a phone',
  pairHint: 'Open the camera of the phone and point it at the code. It must be on the same network.',
  pairAddress: 'Address of the server',
  pairLoopback:
    'The server listens on this machine only. Start it with "npm start -- --host 0.0.0.0" so that other devices reach it.',
  pairKey: 'The code holds this browser’s key, which does not expire: whoever sees it can enter until it is revoked.',
  pairNoKey: 'Without key: the server is open',
  pairSocket: 'For an app of your own',
  qr: 'QR code with the address {url}',
  expires: 'The pass expires in {time}; then another is made.',
  passFor: 'Pass good for',
  passRenew: 'Another code',
  pairNoPass: 'This browser came in with a pass, and no pass is made from a pass. Pair from one that has the key.',
  pairWithKey: 'Put this browser’s permanent key into it',
}
