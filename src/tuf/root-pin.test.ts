import { describe, expect, it } from 'vitest';
import { simulatedNowMs as nowMs } from '../../test/simulator/repository.ts';
import { keyUses, SimulatedAuthority } from '../../test/simulator/simulated-authority.ts';
import { SimulatedKey } from '../../test/simulator/simulated-key.ts';
import { isPinned, type RootPin } from './root-pin.ts';

const gun = 'registry.test/team/app';
const dayMs = 24 * 60 * 60 * 1000;

const pinTo = (...authorities: readonly SimulatedAuthority[]): RootPin => ({
  kind: 'authorities',
  authorities: authorities.map((authority) => authority.certificate),
});

describe('a pin by id', () => {
  it('admits the certificate and the bare key, and nothing else', () => {
    const { key } = SimulatedKey.root(gun, nowMs);
    const pin = (id: string): RootPin => ({ kind: 'ids', ids: new Set([id]) });
    expect(isPinned(pin(key.id), key, nowMs)).toBe(true);
    expect(isPinned(pin(key.canonicalId), key, nowMs)).toBe(true);
    expect(isPinned(pin('0'.repeat(64)), key, nowMs)).toBe(false);
  });

  it('of the bare key survives the renewal of the certificate', () => {
    const old = SimulatedKey.root(gun, nowMs);
    const renewed = old.under(gun, nowMs + dayMs);
    const pin: RootPin = { kind: 'ids', ids: new Set([old.key.canonicalId]) };
    expect(isPinned(pin, renewed.key, nowMs)).toBe(true);
  });
});

describe('a pin to an authority', () => {
  const authority = SimulatedAuthority.root(nowMs);

  it('admits what the authority issued', () => {
    expect(isPinned(pinTo(authority), authority.issue(gun), nowMs)).toBe(true);
  });

  it('admits a chain through an intermediate that comes with the key', () => {
    const intermediate = authority.intermediate();
    const key = intermediate.issue(gun, [intermediate]);
    expect(isPinned(pinTo(authority), key, nowMs)).toBe(true);
    expect(isPinned(pinTo(authority), intermediate.issue(gun), nowMs)).toBe(false);
  });

  it('refuses what another authority issued, and what signed itself', () => {
    const stranger = SimulatedAuthority.root(nowMs);
    expect(isPinned(pinTo(authority), stranger.issue(gun), nowMs)).toBe(false);
    expect(isPinned(pinTo(authority), SimulatedKey.root(gun, nowMs).key, nowMs)).toBe(false);
  });

  it('refuses a stranger of the same name, who brings the real authority along', () => {
    const stranger = SimulatedAuthority.root(nowMs);
    expect(isPinned(pinTo(authority), stranger.issue(gun, [authority]), nowMs)).toBe(false);
  });

  it('refuses an authority that ran out', () => {
    const lapsed = SimulatedAuthority.root(nowMs, nowMs - 1000);
    expect(isPinned(pinTo(lapsed), lapsed.issue(gun), nowMs)).toBe(false);
  });

  it('admits a leaf for servers or for code, and refuses one for mail alone', () => {
    const issued = (use: string) => authority.issue(gun, [], { uses: [use] });
    expect(isPinned(pinTo(authority), issued(keyUses.serverAuth), nowMs)).toBe(true);
    expect(isPinned(pinTo(authority), issued(keyUses.codeSigning), nowMs)).toBe(true);
    expect(isPinned(pinTo(authority), issued(keyUses.emailProtection), nowMs)).toBe(false);
  });

  it('refuses a chain through an intermediate that may issue for mail alone', () => {
    const narrow = authority.intermediate([keyUses.emailProtection]);
    expect(isPinned(pinTo(authority), narrow.issue(gun, [narrow]), nowMs)).toBe(false);
  });

  it('admits what any one of several authorities issued', () => {
    const other = SimulatedAuthority.root(nowMs);
    expect(isPinned(pinTo(other, authority), authority.issue(gun), nowMs)).toBe(true);
  });

  it('ends soon on intermediates that all issued each other', () => {
    const twin = authority.intermediate();
    const key = SimulatedAuthority.root(nowMs).issue(gun, Array(15).fill(authority));
    const looped = authority.issue(gun, [...Array(14).fill(authority), twin]);
    const startedMs = performance.now();
    for (const candidate of [key, looped]) {
      expect(isPinned(pinTo(SimulatedAuthority.root(nowMs)), candidate, nowMs)).toBe(false);
    }
    expect(performance.now() - startedMs).toBeLessThan(2000);
  });
});
