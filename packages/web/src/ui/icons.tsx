const PATHS = {
  live: 'M12 4a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V7a3 3 0 0 1 3-3ZM6 11v1a6 6 0 0 0 12 0v-1M12 18v3',
  sessions: 'M4 6h16M4 12h16M4 18h10',
  system: 'M5 5h14v10H5zM9 19h6M12 15v4',
  pair: 'M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h3v3h-3zM20 14v6M14 20h3',
  settings: 'M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4',
  play: 'M8 5l11 7-11 7z',
  pause: 'M8 5v14M16 5v14',
  back: 'M11 7l-5 5 5 5M6 12h12',
  forward: 'M13 7l5 5-5 5M18 12H6',
  flag: 'M6 21V4h11l-2 4 2 4H6',
  camera: 'M4 8h3l2-3h6l2 3h3v11H4zM12 16a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z',
  off: 'M4 4l16 16M9 9v3a3 3 0 0 0 4.5 2.600M15 10V7a3 3 0 0 0-5.7-1.300M6 11v1a6 6 0 0 0 9 5.200M18 11v1',
  stop: 'M7 7h10v10H7z',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM20 20l-4-4',
  check: 'M5 12l5 5 9-11',
  edit: 'M4 20h4L19 9l-4-4L4 16zM13 7l4 4',
  close: 'M6 6l12 12M18 6L6 18',
  warn: 'M12 4l9 16H3zM12 10v4M12 17v.5',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  trash: 'M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13',
  again: 'M19 8a8 8 0 1 0 1 6M20 4v5h-5',
  upload: 'M12 20V9M7 13l5-5 5 5M5 4h14',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4 21a8 8 0 0 1 16 0',
  ear: 'M8 20c2 1 4 0 4-2 0-3 5-4 5-9a5 5 0 0 0-10 0M10 10a2 2 0 1 1 3 2',
  more: 'M6 12h.010M12 12h.010M18 12h.01',
  down: 'M6 9l6 6 6-6',
  photo: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15 9.500h.01',
  send: 'M4 12l16-8-6 16-3-6z',
  copy: 'M8 8h11v12H8zM5 16V4h11',
  cut: 'M6 9a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM6 21a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8.500 7.500L20 18M8.500 16.500L20 6',
  join: 'M4 6h7v12H4M20 6h-7M20 18h-7',
  star: 'M12 4l2.500 5.200 5.500.8-4 4 1 5.600-5-2.700-5 2.700 1-5.600-4-4 5.500-.8z',
} as const

export type IconName = keyof typeof PATHS

/** A line drawing; says nothing to screen readers: the control it sits in has the words. */
export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  const filled = name === 'play' || name === 'stop'
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path
        d={PATHS[name]}
        fill={filled ? 'currentColor' : 'none'}
        stroke="currentColor"
        strokeWidth="1.8"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  )
}

/** The lookout tower. */
export function Logo({ size = 30 }: { size?: number }) {
  return <img className="logo" src="/app/icon.svg" alt="" width={size} height={size} />
}
