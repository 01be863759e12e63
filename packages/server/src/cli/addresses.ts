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
