import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'

/** Addresses of this machine that a phone on the same network can reach: IPv4, not loopback, not link-local, not of containers. */
export function lanAddresses(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces()): string[] {
  return Object.entries(interfaces)
    .filter(([name]) => !/^(docker|br-|veth|virbr|cni|flannel|tailscale)/.test(name))
    .flatMap(([, addresses = []]) => addresses)
    .filter(({ family, internal, address }) => family === 'IPv4' && !internal && !address.startsWith('169.254.'))
    .map(({ address }) => address)
}

/** True when only this machine can connect. */
export const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.')

/** True when every address of the machine is listened on. */
export const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::'

/** Where a phone on the same network reaches a server; none when it listens on loopback only. */
export function reachableAddresses(host: string, port: number, protocol = 'http'): string[] {
  if (isLoopback(host)) return []
  const names = isWildcard(host) ? lanAddresses() : [host]
  return names.map((name) => `${protocol}://${name.includes(':') ? `[${name}]` : name}:${port}`)
}
