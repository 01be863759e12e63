/** Hue of a speaker: by label, so that it stays the same through renames and on every page. */
export const hueOf = (speaker: string | undefined): number => {
  const number = Number(/\d+/.exec(speaker ?? '')?.[0] ?? 0)
  return number > 0 ? (number - 1) % 8 : 7
}

/** A name, or the label where nobody was named. */
export const nameOf = (speaker: string | undefined, names: Readonly<Record<string, string>>): string =>
  speaker === undefined ? '' : (names[speaker] ?? speaker)

function initials(name: string): string {
  const parts = name.trim().split(/\s+/)
  return (parts.length > 1 ? parts[0]![0]! + parts[1]![0]! : name.slice(0, 2)).toUpperCase()
}

/** Colour, initials and name: never colour alone. */
export function Speaker({
  speaker,
  names,
  onClick,
  title,
}: {
  speaker: string
  names: Readonly<Record<string, string>>
  onClick?: () => void
  title?: string
}) {
  const name = nameOf(speaker, names)
  const inside = (
    <>
      <span className="badge" aria-hidden="true">
        {initials(name)}
      </span>
      <span>{name}</span>
    </>
  )
  const className = `speaker hue-${hueOf(speaker)}`
  if (!onClick) return <span className={className}>{inside}</span>
  return (
    <button type="button" className={className} onClick={onClick} title={title}>
      {inside}
    </button>
  )
}
