// What publishing needs beside a session: the private keys of the trust directory, and the passphrases that open them.
// Closing wipes what was decrypted or typed.
import { setTimeout as pause } from 'node:timers/promises';
import type { PublisherPorts } from '../../client/ports.ts';
import { KeyFileStore } from '../../keys/file-store.ts';
import type { PassphraseSource } from '../../keys/key-store.ts';
import { Passphrases } from '../../keys/passphrase.ts';
import { notaryVoice } from '../../keys/passphrase-voice.ts';
import { openAnswers } from '../../keys/piped-answers.ts';
import type { TrustServer } from '../../remote/trust-server.ts';
import type { NotaryCall } from './command.ts';
import type { NotarySession } from './session.ts';

export interface NotaryPublisherPorts extends PublisherPorts {
  readonly keys: KeyFileStore;
}

/** Runs `work` with the keys of the trust directory. */
export async function withPublisher<T>(
  session: NotarySession,
  server: TrustServer,
  call: NotaryCall,
  work: (ports: NotaryPublisherPorts) => Promise<T>,
): Promise<T> {
  return withKeys(session, call, (keys) =>
    work({ ...session.ports(server), keys, pause: (ms) => pause(ms) }),
  );
}

/** Runs `work` with the key files alone. */
export async function withKeys<T>(
  { config }: NotarySession,
  call: NotaryCall,
  work: (keys: KeyFileStore) => Promise<T>,
): Promise<T> {
  return withPassphrases(call, async (passphrases) => {
    const keys = new KeyFileStore(config.trustDir, passphrases);
    try {
      return await work(keys);
    } finally {
      keys.close();
    }
  });
}

/** Runs `work` with answers for passphrases: variables, else a terminal. */
export async function withPassphrases<T>(
  { world }: NotaryCall,
  work: (passphrases: PassphraseSource) => Promise<T>,
): Promise<T> {
  const passphrases = new Passphrases({
    voice: notaryVoice,
    environment: world.env,
    terminal: openAnswers(world.terminalStreams('stdout'), notaryVoice),
  });
  try {
    return await work(passphrases);
  } finally {
    await passphrases.close();
  }
}
