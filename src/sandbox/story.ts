// The story of the sandbox: a first signature, a consumer, and what happens to those who tamper. Every line that a
// command prints here was printed by that command, against servers that run; nothing is staged but the attacks.
//
// Invariant: an attack that is not refused with its own code ends the story with a failure.

import { parseReference } from '../remote/registry.ts';
import { attacks } from './attacks.ts';
import { pull } from './pull.ts';
import { requireRefusal } from './refusal.ts';
import { push, type Scene } from './scene.ts';

/** Tells the whole story. @throws Failure INTERNAL when something does not go as told */
export async function tellStory(scene: Scene): Promise<void> {
  const signed = await firstSigning(scene);
  await firstVerification(scene, signed);
  await unsignedTag(scene);
  for (const attack of attacks) await attack(scene, signed);
  const { narrator } = scene;
  narrator.lines(['']);
  narrator.say(`${attacks.length} attacks, all refused.`);
}

async function firstSigning(scene: Scene): Promise<string> {
  const { narrator, publisher, good } = scene;
  narrator.act('A publisher pushes a little image');
  const name = await push(scene, good, '1.0');
  narrator.lines([`${name}  ${good.manifest.digest}`]);
  narrator.act('and signs its tag: the first signature makes the keys');
  await publisher.mustParaph(['sign', name]);
  narrator.say(
    'Root and targets keys are on the publisher’s machine, encrypted under passphrases. Snapshot and timestamp keys ' +
      'were made by the signer, which keeps them encrypted and which only the trust server can reach.',
  );
  await publisher.mustParaph(['key', 'list']);
  return name;
}

async function firstVerification(scene: Scene, signed: string): Promise<void> {
  const { narrator, consumer, registry } = scene;
  narrator.act('A consumer asks for the tag, and gets the digest that was signed');
  const { stdout } = await consumer.mustParaph(['verify', signed]);
  const pulled = await pull(registry, parseReference(stdout.trim()));
  narrator.say(
    `Pulled by that digest: a manifest and ${pulled.blobs} blobs, ${pulled.bytes} bytes, each with its own digest.`,
  );
}

async function unsignedTag(scene: Scene): Promise<void> {
  const { narrator, consumer, evil } = scene;
  narrator.act('A tag that nobody signed is refused');
  const name = await push(scene, evil, 'dev');
  const outcome = await consumer.paraph(['verify', name]);
  requireRefusal(outcome, 'TAG_NOT_SIGNED');
  narrator.verdict('Refused:', `exit status ${outcome.status}, and nothing on stdout to pull by.`);
}
