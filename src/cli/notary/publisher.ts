// What publishing needs beside a session: the private keys of the trust directory, and the passphrases that open them.
// The session has one key ring for all that a command does, and closing it wipes what was decrypted or typed.
import type { KeyFileStore } from '../../keys/file-store.ts';
import { notaryVoice } from '../../keys/passphrase-voice.ts';
import type { TrustServer } from '../../remote/trust-server.ts';
import { KeyRing } from '../key-ring.ts';
import { type KeyFilePorts, publisherPorts } from '../ports.ts';
import type { NotaryCall } from './command.ts';
import type { NotarySession } from './session.ts';

/** Runs `work` with the keys of the trust directory. */
export async function withPublisher<T>(
  session: NotarySession,
  server: TrustServer,
  call: NotaryCall,
  work: (ports: KeyFilePorts) => Promise<T>,
): Promise<T> {
  return withKeys(session, call, (keys) => work(publisherPorts(session.ports(server), keys)));
}

/** Runs `work` with the key files alone. */
export function withKeys<T>(
  session: NotarySession,
  call: NotaryCall,
  work: (keys: KeyFileStore) => Promise<T>,
): Promise<T> {
  return withKeyRing(session, call, ({ keys }) => work(keys));
}

/** Runs `work` with the key files and the passphrases: variables, else a terminal. */
export async function withKeyRing<T>(
  session: NotarySession,
  { world }: NotaryCall,
  work: (ring: KeyRing) => Promise<T>,
): Promise<T> {
  const { trustDir } = session.config;
  const asking = { voice: notaryVoice, asksOn: 'stdout' } as const;
  return work(session.keyRing(() => new KeyRing(world, trustDir, asking)));
}
