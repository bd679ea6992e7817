import type { FaultKind } from './history.ts'
import { startMember } from './members.ts'
import type { Member, Role, Scene } from './scene.ts'

/** Keeps the members of both groups running, and does to them what the seed says. */
export interface Nemesis {
  readonly members: readonly Member[]
  /** No further fault; whoever is down comes back. */
  stop(): void
}

export const createNemesis = (scene: Scene): Nemesis => {
  const { world, dice, broker, database, registry, dependency, note, plan } = scene
  const process = world.spawn('nemesis')
  const members: Member[] = []
  let started = 0
  let active = true

  const launch = (role: Role): void => {
    members.push(startMember(scene, role, `${role}-${++started}`, replace))
  }

  /** As a supervisor does with a process that has exited. */
  const replace = (member: Member): void => {
    const index = members.indexOf(member)
    if (index < 0) return
    members.splice(index, 1)
    member.process.kill()
    const { consumer } = member.wire.member ?? {}
    // Nobody says goodbye for it: the broker waits for the session to end.
    if (consumer !== undefined)
      broker.process.post(active ? dice.between(20, 400) : 20, () => void broker.memory.crash(consumer))
    process.post(active ? dice.between(20, 500) : 20, () => launch(member.role))
  }

  const noteFault = (fault: FaultKind, name: string, detail: string): void =>
    note({ kind: 'fault', fault, process: name, detail })

  const crash = (member: Member): void => {
    noteFault('crash', member.process.name, 'killed')
    note({ kind: 'process', process: member.process.name, phase: 'killed' })
    replace(member)
  }

  const makeZombie = (member: Member): void => {
    const wired = member.wire.member
    const consumer = wired?.consumer
    if (wired === undefined || consumer === undefined || wired.expired) return
    const stalledMs = dice.random() < 0.6 ? dice.between(100, 900) : 0
    if (stalledMs > 0) member.process.stall(stalledMs)
    noteFault('zombie', member.process.name, `its session is lost, it stands still for ${stalledMs} ms`)
    wired.expired = true
    broker.process.post(0, () => void broker.memory.expire(consumer, stalledMs + dice.between(0, 300)))
  }

  const stopMember = (member: Member): void => {
    const { group } = member
    if (group === undefined) return
    noteFault('stop', member.process.name, 'stopped in good order')
    member.process.post(0, () => {
      void group.stop(2_000).then(() => {
        note({ kind: 'process', process: member.process.name, phase: 'stopped' })
        replace(member)
      })
    })
  }

  const takeAway = (): void => {
    const downMs = dice.between(50, dice.random() < 0.2 ? 2_000 : 500)
    const drawn = dice.random()
    const name = (['broker', 'database', 'registry', 'dependency'] as const)[Math.floor(drawn * 4)] ?? 'broker'
    noteFault('outage', name, `${downMs} ms`)
    setThere[name](false)
    process.post(downMs, () => setThere[name](true))
  }
  const setThere = {
    broker: (there: boolean) => broker.setReachable(there),
    database: (there: boolean) => database.setReachable(there),
    registry: (there: boolean) => registry.setReachable(there),
    dependency(there: boolean) {
      dependency.away = !there
    },
  }

  const strike = (): void => {
    if (!active) return
    const holding = members.filter(({ wire }) => wire.member?.holdsAnything === true)
    const member = holding[dice.between(0, holding.length - 1)]
    const large = (['crash', 'zombie', 'stop', 'outage'] as const).filter((kind) => dice.faults.has(kind))
    const kind = large[dice.between(0, large.length - 1)]
    if (kind === 'outage') takeAway()
    else if (member !== undefined && kind !== undefined) strikes[kind](member)
    process.post(dice.between(60, 400), strike)
  }
  const strikes = { crash, zombie: makeZombie, stop: stopMember }

  for (let count = 0; count < plan.members.posting; count++) launch('posting')
  for (let count = 0; count < plan.members.ledger; count++) launch('ledger')
  process.post(dice.between(60, 300), strike)
  return {
    members,
    stop() {
      active = false
      for (const set of Object.values(setThere)) set(true)
    },
  }
}
