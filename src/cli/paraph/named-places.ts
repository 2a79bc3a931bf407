// Flags of paraph that name places on this machine.
import type { NamedPlaces } from '../places.ts';
import type { Flags } from './command.ts';

export function namedPlaces(flags: Flags): NamedPlaces {
  return { trustDir: flags.text('trust-dir'), pinFile: flags.text('pins') };
}
