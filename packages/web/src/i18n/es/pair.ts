/** Pairing with a phone. */
export const pair = {
  pairTitle: 'Conectar un teléfono',
  pairHint: 'Abre la cámara del teléfono y apunta al código. Debe estar en la misma red.',
  pairAddress: 'Dirección del servidor',
  pairLoopback:
    'El servidor solo escucha en este equipo. Arráncalo con «npm start -- --host 0.0.0.0» para que otros dispositivos lleguen.',
  pairKey: 'El código lleva la clave de este navegador, que no caduca: quien lo vea puede entrar hasta que se revoque.',
  pairNoKey: 'Sin clave: el servidor está abierto',
  pairSocket: 'Para una app propia',
  qr: 'Código QR con la dirección {url}',
  expires: 'El pase caduca en {time}; después se hace otro.',
  passFor: 'Pase válido',
  passRenew: 'Otro código',
  pairNoPass: 'Este navegador entró con un pase, y de un pase no se hacen otros. Empareja desde uno que tenga la clave.',
  pairWithKey: 'Poner la clave permanente de este navegador',
} as const
