// `docker trust sign [--local] IMAGE:TAG`: signs again what is signed, else pushes the image and signs what the engine
// pushed, or what the registry has (docker trust §4, §6).
//
// Invariants: the keys are opened before an image is pushed, and a repository is made only once it is known what will be
// signed in it; what is reported as signed was confirmed by the server.
import { resolveTag } from '../../client/consume/resolve.ts';
import type { TrustedRepository } from '../../client/consume/trusted-repository.ts';
import type { PublisherPorts } from '../../client/ports.ts';
import { type ImageTag, signTags } from '../../client/publish/sign-image.ts';
import { openSigningKeys } from '../../client/publish/signing-keys.ts';
import { asFailure, exitStatus, Failure, isFailure } from '../../errors.ts';
import { safe } from '../render/safe-text.ts';
import type { DockerBody, DockerCall } from './command.ts';
import { createSigner, signerName } from './first-signer.ts';
import { findImage, type ImageSource, type TaggedReference } from './image-source.ts';
import { PushView } from './push-progress.ts';
import { readReference } from './reference.ts';
import { findRepository } from './repository-state.ts';
import { type DockerSession, withSession } from './session.ts';
import { trustView } from './trust-view.ts';
import { plainError, prefixed } from './words.ts';

export const run: DockerBody['run'] = (call) => {
  const [name = ''] = call.args;
  const reference = requireTag(name);
  return withSession(call, async (session) => {
    await new Signing(call, session, { name, reference }).run();
    return exitStatus.done;
  });
};

interface Subject {
  /** As typed. */
  readonly name: string;
  readonly reference: TaggedReference;
}

class Signing {
  readonly #call: DockerCall;
  readonly #session: DockerSession;
  readonly #subject: Subject;
  readonly #ports: PublisherPorts;

  constructor(call: DockerCall, session: DockerSession, subject: Subject) {
    this.#call = call;
    this.#session = session;
    this.#subject = subject;
    this.#ports = session.publisher(subject.reference);
  }

  async run(): Promise<void> {
    const { reference } = this.#subject;
    const repository = await findRepository(reference.name, this.#ports, this.#session);
    if (repository === undefined) return this.#signFirst();
    const signed = this.#call.flags.isOn('local') ? undefined : signedNow(repository, reference);
    if (signed !== undefined) return this.#signAgain(repository, signed);
    const source = await this.#find();
    await this.#rehearse(repository);
    return this.#sign(await this.#obtain(source));
  }

  /** A repository that is not there: it gets a signer named after the login. */
  async #signFirst(): Promise<void> {
    const { name, reference } = this.#subject;
    const source = await this.#find();
    const signer = await signerName(reference, this.#session);
    const image = await this.#obtain(source);
    await createSigner(signer, reference.name, this.#ports);
    this.#say(`Created signer: ${signer}`);
    this.#say(`Finished initializing signed repository for ${safe(name)}`);
    await this.#sign(image);
  }

  async #signAgain(repository: TrustedRepository, image: ImageTag): Promise<void> {
    const { name, reference } = this.#subject;
    const { tag, digest } = image;
    this.#say(`Signing and pushing trust metadata for ${safe(name)}`);
    await this.#rehearse(repository);
    const { rows } = trustView(repository, tag);
    const hex = digest.replace('sha256:', '');
    const signers = rows.find((row) => row.digest === hex)?.signers ?? [];
    this.#say(`Existing signatures for tag ${tag} digest ${hex} from:`);
    this.#say(signers.map(safe).toSorted().join(', '));
    await this.#publish(image);
    this.#say(`Successfully signed ${reference.name}:${tag}`);
  }

  #find(): Promise<ImageSource> {
    const isLocal = this.#call.flags.isOn('local');
    return findImage(this.#subject.reference, this.#session, { isLocal });
  }

  /** What the tag is to stand for: pushed now, or found in the registry. */
  async #obtain(source: ImageSource): Promise<ImageTag> {
    const { name, reference } = this.#subject;
    const { stdout, stderr } = this.#call.world;
    const { tag } = reference;
    if (source.kind === 'registry') {
      const { digest, size: length, platforms } = source.descriptor;
      if (source.because !== undefined) stderr.write(`${safe(source.because)}\n`);
      const what =
        platforms > 0 ? `index, ${platforms} platform${platforms === 1 ? '' : 's'}, ` : '';
      stderr.write(
        `Signing what the registry has for ${safe(name)}, without an engine: ${digest} (${what}${length} bytes)\n`,
      );
      return { tag, digest, length };
    }
    stderr.write(
      `Signing and pushing trust data for local image ${safe(name)}, may overwrite remote trust data\n`,
    );
    const view = new PushView(stdout);
    const { digest, size } = await source.push((progress) => view.show(progress));
    return { tag, digest, length: size };
  }

  async #sign(image: ImageTag): Promise<void> {
    this.#say('Signing and pushing trust metadata');
    await this.#publish(image);
    this.#say(`Successfully signed ${this.#subject.reference.name}:${image.tag}`);
  }

  async #publish(image: ImageTag): Promise<void> {
    const gun = this.#subject.reference.name;
    try {
      await signTags({ gun, tags: [image] }, this.#ports);
    } catch (error) {
      throw this.#failedToSign(error);
    }
  }

  async #rehearse(repository: TrustedRepository): Promise<void> {
    try {
      await openSigningKeys(repository, this.#subject.reference.tag, this.#ports);
    } catch (error) {
      throw this.#failedToSign(error);
    }
  }

  #failedToSign(error: unknown): Failure {
    const { name, tag } = this.#subject.reference;
    return prefixed(`failed to sign ${name}:${tag}: `, plainError(asFailure(error)));
  }

  #say(line: string): void {
    this.#call.world.stdout.write(`${line}\n`);
  }
}

/** @throws Failure REFERENCE_INVALID in docker's words */
function requireTag(name: string): TaggedReference {
  const reference = readReference(name);
  const { tag, digest } = reference;
  if (tag !== undefined) return { ...reference, tag };
  const message =
    digest === undefined
      ? `no tag specified for ${name}`
      : 'cannot use a digest reference for IMAGE:TAG';
  const remedy =
    digest === undefined
      ? ''
      : `What is signed is a tag: ${reference.name}:TAG@${digest} signs TAG for this digest.`;
  throw new Failure('REFERENCE_INVALID', message, { remedy });
}

/** What the tag stands for by what is signed; undefined when that says nothing, or not what is asked for. */
function signedNow(
  repository: TrustedRepository,
  { tag, digest }: TaggedReference,
): ImageTag | undefined {
  try {
    const signed = resolveTag(repository, tag);
    return digest === undefined || digest === signed.digest ? signed : undefined;
  } catch (error) {
    // Also where targets/releases does not count now: signing it anew is what mends that.
    if (isFailure(error, 'TAG_NOT_SIGNED', 'THRESHOLD_UNMET', 'METADATA_EXPIRED')) return undefined;
    throw error;
  }
}
