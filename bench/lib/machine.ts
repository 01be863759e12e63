import os from 'node:os'

/** What the figures depend on. */
export interface MachineFacts {
  cpu: string
  cores: number
  memoryGb: number
  os: string
  node: string
  date: string
  /** Load average of the last minute before the bench: other work on the machine. */
  loadBefore: number
}

export function machineFacts(): MachineFacts {
  const cpus = os.cpus()
  return {
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    memoryGb: Math.round(os.totalmem() / 2 ** 30),
    os: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
    loadBefore: Math.round(os.loadavg()[0]! * 100) / 100,
  }
}
