// The attacks of the story. Each does what an attacker could do from where he sits, lets a consumer run into it, and
// undoes it afterwards.
import { failureText } from '../cli/render/failure.ts';
import type { ErrorCode } from '../errors.ts';
import { parseReference } from '../remote/registry.ts';
import { pull } from './pull.ts';
import { refusalOf, requireRefusal } from './refusal.ts';
import { push, repositoryPath, type Scene } from './scene.ts';
import { startTrustServer } from './stack.ts';

/** `signed` is the reference that the publisher has signed. */
type Attack = (scene: Scene, signed: string) => Promise<void>;

export const attacks: readonly Attack[] = [
  otherManifest,
  changedLayer,
  editedTargets,
  replayedTimestamp,
  swappedRoot,
];

async function otherManifest(scene: Scene, signed: string): Promise<void> {
  const { narrator, consumer, stack, good, evil } = scene;
  const { content } = stack.registry;
  narrator.act('Attack: another manifest under the tag');
  narrator.say(
    `Someone who can write to the registry points ${signed} at an image of their own. An engine that trusts the ` +
      'tag would now run that; the consumer compares it with what was signed.',
  );
  content.moveTag(repositoryPath, '1.0', evil.manifest.bytes);
  const outcome = await consumer.paraph(['verify', `${signed}@${evil.manifest.digest}`]);
  requireRefusal(outcome, 'DIGEST_MISMATCH');
  content.moveTag(repositoryPath, '1.0', good.manifest.bytes);
  narrator.say('So they give out their manifest under the signed digest itself.');
  content.replaceManifest(repositoryPath, good.manifest.digest, evil.manifest.bytes);
  await refusedPull(scene);
  content.replaceManifest(repositoryPath, good.manifest.digest, good.manifest.bytes);
  narrator.verdict(
    'Refused:',
    'tampering with a manifest. The digest was signed, and bytes cannot lie about theirs.',
  );
}

async function changedLayer(scene: Scene): Promise<void> {
  const { narrator, stack, good, evil } = scene;
  narrator.act('Attack: a changed layer');
  narrator.say(
    'The manifest is left alone; the layer that it names is replaced in the registry’s storage.',
  );
  stack.registry.content.replaceBlob(good.layer.digest, evil.layer.bytes);
  await refusedPull(scene);
  stack.registry.content.replaceBlob(good.layer.digest, good.layer.bytes);
  narrator.verdict(
    'Refused:',
    'tampering with content. The signed manifest names each layer by its digest.',
  );
}

/** What an engine does with the signed digest, shown as an error of the client's own registry code. */
async function refusedPull(scene: Scene): Promise<void> {
  const { narrator, registry, repository, good } = scene;
  const pinned = `${repository}@${good.manifest.digest}`;
  narrator.say('pulling the signed digest:');
  const failure = await refusalOf(() => pull(registry, parseReference(pinned)), 'DIGEST_MISMATCH');
  narrator.transcript().write(failureText(failure, repository));
}

async function editedTargets(scene: Scene, signed: string): Promise<void> {
  const { narrator, meddler, good, evil } = scene;
  narrator.act('Attack: the list of signed tags is edited on the way');
  narrator.say(
    'Someone between consumer and trust server, with a certificate that the consumer accepts, writes another digest ' +
      'into the targets file. The consumer is new and has nothing to compare with.',
  );
  const newcomer = await scene.arrive('newcomer', meddler.url);
  const [theirs, ours] = [base64(evil.manifest.digest), base64(good.manifest.digest)];
  meddler.meddling = (path, answer) =>
    path.includes('/targets.')
      ? Buffer.from(answer.toString().replaceAll(ours, theirs))
      : undefined;
  await refusedVerify(scene, newcomer, signed, 'HASH_MISMATCH');
  narrator.verdict(
    'Refused:',
    'tampering with metadata. The signed snapshot names the hash of every file that belongs with it, so neither an ' +
      'edited file nor one of another day can be mixed in.',
  );
}

async function replayedTimestamp(scene: Scene, signed: string): Promise<void> {
  const { narrator, meddler, publisher, consumer, evil } = scene;
  narrator.act('Attack: an old timestamp is replayed');
  let recorded: Buffer | undefined;
  meddler.meddling = (path, answer) => {
    if (path.endsWith('/timestamp.json')) recorded = answer;
    return undefined;
  };
  await consumer.mustParaph(['verify', '--quiet', signed], false);
  meddler.meddling = undefined;
  narrator.say('The publisher signs another tag, and the consumer sees it.');
  const next = await push(scene, evil, '1.1');
  await publisher.mustParaph(['sign', next]);
  await consumer.mustParaph(['verify', next]);
  narrator.say('Then someone answers with the timestamp of before, to hide the new state.');
  meddler.meddling = (path) => (path.endsWith('/timestamp.json') ? recorded : undefined);
  await refusedVerify(scene, consumer, next, 'ROLLBACK');
  narrator.verdict(
    'Refused:',
    'a replay, or rollback. A consumer never goes back behind a version it has seen.',
  );
}

async function swappedRoot(scene: Scene, signed: string): Promise<void> {
  const { narrator, meddler, stack, consumer, evil, world, directory } = scene;
  narrator.act('Attack: the root is swapped');
  narrator.say(
    'Someone sets up a trust server of their own, signs the same name with keys of their own, all in good order, and ' +
      'leads the consumer there.',
  );
  const theirs = await startTrustServer(
    `${directory}/certificates`,
    { type: 'local' },
    world.nowMs,
  );
  try {
    const impostor = await scene.arrive('impostor', theirs.url);
    const { digest, bytes } = evil.manifest;
    const manifest = ['--digest', digest, '--size', String(bytes.length)];
    await impostor.mustParaph(['sign', signed, ...manifest], false);
    meddler.server = theirs.url;
    await refusedVerify(scene, consumer, signed, 'ROOT_CHANGED');
  } finally {
    meddler.server = stack.trustServer;
    await theirs.close();
  }
  narrator.verdict(
    'Refused:',
    'a stranger in the publisher’s name. A new root counts only if the old one signed it.',
  );
}

async function refusedVerify(
  { meddler }: Scene,
  person: Scene['consumer'],
  image: string,
  code: ErrorCode,
): Promise<void> {
  const outcome = await person.paraph(['verify', image]);
  meddler.meddling = undefined;
  requireRefusal(outcome, code);
}

/** A digest as metadata has it. */
function base64(digest: string): string {
  return Buffer.from(digest.slice('sha256:'.length), 'hex').toString('base64');
}
