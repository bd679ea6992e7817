import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { javaCandidates, javaMajorOf } from './java.ts'

it.each([
  ['openjdk version "25.0.1" 2025-10-21 LTS', 25],
  ['openjdk version "21" 2023-09-19', 21],
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['java version "1.8.0_412"', 8],
  ['openjdk version "26-ea" 2026-03-17', 26],
  ['The operation couldn’t be completed. Unable to locate a Java Runtime.', null],
])('reads the major version out of %j', (printed, major) => {
  expect(javaMajorOf(printed)).toBe(major)
})

it('looks in JAVA_HOME, then on the PATH, then in the usual folders, and only where there is a file', () => {
  const root = mkdtempSync(join(tmpdir(), 'interchange-java-'))
  const place = (...parts: string[]): string => {
    const folder = join(root, ...parts, 'bin')
    mkdirSync(folder, { recursive: true })
    const java = join(folder, 'java')
    writeFileSync(java, '#!/bin/sh\n')
    chmodSync(java, 0o755)
    return java
  }
  const [home, onPath, mac, linux] = [
    place('home'),
    place('path'),
    place('jvm', 'a.jdk', 'Contents', 'Home'),
    place('jvm', 'b'),
  ]
  const env = { JAVA_HOME: join(root, 'home'), PATH: `${join(root, 'none')}:${join(root, 'path', 'bin')}` }
  expect(javaCandidates(env, [join(root, 'jvm'), join(root, 'absent')])).toEqual([home, onPath, mac, linux])
})
