#!/usr/bin/env node
'use strict'
// Starts the command line on Node 24. This file alone must run on any Node: it checks the version, hands over to the
// Node that npm installed beside the other packages when this one is too old, and sizes the thread pool before anything uses it.

const { spawn } = require('node:child_process')
const { existsSync } = require('node:fs')
const nodeModule = require('node:module')
const { homedir } = require('node:os')
const { dirname, join } = require('node:path')
const { setFlagsFromString } = require('node:v8')

const OLDEST = 24
/** Threads for file, DNS and crypto calls: a few slow disks or resolvers must not hold up the others. */
const THREADS = '16'

if (!process.env.UV_THREADPOOL_SIZE) process.env.UV_THREADPOOL_SIZE = THREADS

/** Keeps compiled code between starts, for this process and the engines' (it halves the time until they are ready). */
function keepCompiledCode() {
  try {
    const folder = process.env.NODE_COMPILE_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'vigia')
    const { status } = nodeModule.enableCompileCache(folder)
    const { ENABLED, ALREADY_ENABLED } = nodeModule.constants.compileCacheStatus
    if (status === ENABLED || status === ALREADY_ENABLED) process.env.NODE_COMPILE_CACHE = folder
  } catch {
    // no home, or nowhere to write: it starts all the same
  }
}

/**
 * A server's heap is small beside its buffers. Left alone, V8 takes arrays that `ws` uses for one message for long-lived ones, keeps each
 * socket buffer with them until a full collection, and makes one a second: half of the CPU that live audio took (docs/performance.md).
 */
function tuneCollector() {
  setFlagsFromString('--no-allocation-site-pretenuring')
  setFlagsFromString('--heap-growing-percent=200')
}

/** Where npm put Node 24, or null. */
function bundledNode() {
  const name = join('node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node')
  for (let folder = __dirname; ; folder = dirname(folder)) {
    if (existsSync(join(folder, name))) return join(folder, name)
    if (folder === dirname(folder)) return null
  }
}

function handOver(node) {
  const child = spawn(node, [__filename, ...process.argv.slice(2)], { stdio: 'inherit' })
  const forward = (signal) => child.kill(signal)
  // a terminal sends Ctrl-C to both; a service manager signals only this process
  process.on('SIGTERM', forward)
  process.on('SIGHUP', forward)
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT')
  })
  child.on('exit', (code, signal) => process.exit(signal ? 1 : code))
}

if (Number(process.versions.node.split('.')[0]) >= OLDEST) {
  keepCompiledCode()
  tuneCollector()
  import('./main.ts')
    .then(({ main }) => main(process.argv.slice(2)))
    .catch((error) => {
      console.error(error)
      process.exit(1)
    })
} else {
  const node = bundledNode()
  if (node) handOver(node)
  else {
    console.error(`Vigía needs Node ${OLDEST} or newer; this is ${process.version}, and npm installed none for this machine.`)
    process.exit(1)
  }
}
