import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** Reads profiles of V8's sampling heap profiler. Pure. */

export interface HeapNode {
  callFrame: { functionName: string; url: string; lineNumber: number }
  /** Bytes allocated by the function itself. */
  selfSize: number
  children: readonly HeapNode[]
}

export interface HeapProfile {
  head: HeapNode
}

/** Where no function of ours is on the stack: timers, the socket's reads, promises that go on. */
const NOBODY = 'no function of ours'

/** What one function allocated, over all callers. */
export interface Allocation {
  /** `name (file:line)`; V8 gives no file for what it does by itself. */
  where: string
  bytes: number
}

/** By the function that allocated; the one with most comes first. */
export const allocationsOf = ({ head }: HeapProfile, root: string): Allocation[] => summed(head, root, (own) => own)

/** By the nearest function of ours on the stack: what it and the libraries it called allocated. */
export const behalfOf = ({ head }: HeapProfile, root: string): Allocation[] =>
  summed(head, root, (own, above, { url }) => (isOurs(url, root) ? own : above))

/** @param place - what a node counts for, from its own place and what the node above it counts for */
function summed(
  head: HeapNode,
  root: string,
  place: (own: string, above: string, frame: HeapNode['callFrame']) => string,
): Allocation[] {
  const bytes = new Map<string, number>()
  const open = [{ node: head, above: NOBODY }]
  for (let next = open.pop(); next; next = open.pop()) {
    const { node, above } = next
    const where = place(placeOf(node.callFrame, root), above, node.callFrame)
    if (node.selfSize > 0) bytes.set(where, (bytes.get(where) ?? 0) + node.selfSize)
    for (const child of node.children) open.push({ node: child, above: where })
  }
  return [...bytes].map(([where, sum]) => ({ where, bytes: sum })).sort((a, b) => b.bytes - a.bytes)
}

const isOurs = (url: string, root: string): boolean =>
  url.startsWith('file:') && !url.includes('/node_modules/') && fileURLToPath(url).startsWith(`${root}${path.sep}`)

export const totalBytes = (allocations: readonly Allocation[]): number => allocations.reduce((sum, { bytes }) => sum + bytes, 0)

/** Rows of a Markdown table: bytes per unit of work and the share of all that was allocated. */
export function allocationRows(allocations: readonly Allocation[], units: number, most: number): string[] {
  const total = totalBytes(allocations)
  return allocations.slice(0, most).map(({ where, bytes }) => {
    const share = total === 0 ? 0 : (100 * bytes) / total
    return `| \`${where}\` | ${Math.round(bytes / units)} | ${share.toFixed(1)} % |`
  })
}

function placeOf({ functionName, url, lineNumber }: HeapNode['callFrame'], root: string): string {
  const name = functionName || '(anonymous)'
  if (url === '') return name
  const file = url.startsWith('file:') ? path.relative(root, fileURLToPath(url)) : url
  return `${name} (${file.split('node_modules/').at(-1)}:${lineNumber + 1})`
}
