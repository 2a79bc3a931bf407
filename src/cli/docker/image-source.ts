// Where the image to sign is: in the engine, which pushes it, or in the registry alone (NEW against docker, which signs
// nothing that it cannot push: docker/cli#910, #392).
//
// The engine is asked first, as docker does. The registry counts only when the engine says that it has no such image, or
// when there is none; an engine that fails, stalls or refuses ends the command: it may well have the image. So does one that is
// down, unless somebody sees what is signed in its place: else whoever can write to the registry would have a build job sign
// an image of theirs by waiting for the day on which its engine does not start.
import { asFailure, Failure, isFailure } from '../../errors.ts';
import {
  isEngineAbsent,
  isSocketAbsent,
  type PushedManifest,
  type PushListener,
} from '../../remote/engine.ts';
import type { Descriptor, ImageReference } from '../../remote/registry.ts';
import type { DockerSession } from './session.ts';

export type TaggedReference = ImageReference & { readonly tag: string };

export type ImageSource =
  | {
      readonly kind: 'engine';
      /** Pushes the image. @throws Failure as `Engine.pushImage` */
      push(listener: PushListener): Promise<PushedManifest>;
    }
  | {
      readonly kind: 'registry';
      readonly descriptor: Descriptor;
      /** Why it is not the engine's: its words; undefined when it was not asked. */
      readonly because: string | undefined;
    };

export interface SourceOptions {
  /** `--local`: the registry does not count. */
  readonly isLocal: boolean;
}

/** @throws Failure with the engine's words first when the image is neither here nor there */
export async function findImage(
  reference: TaggedReference,
  session: DockerSession,
  { isLocal }: SourceOptions,
): Promise<ImageSource> {
  if (reference.digest !== undefined) {
    const descriptor = await session.registry().resolve(reference);
    return { kind: 'registry', descriptor, because: undefined };
  }
  const engine = session.engine();
  try {
    await engine.inspectImage(reference);
  } catch (error) {
    const isElsewhere = isFailure(error, 'IMAGE_NOT_FOUND') || isEngineAbsent(error);
    if (isLocal || !isElsewhere) throw error;
    if (isDown(error, session) && !session.isWatched)
      throw notInItsPlace(asFailure(error), reference);
    return fromRegistry(reference, session, asFailure(error));
  }
  const push = async (listener: PushListener): Promise<PushedManifest> =>
    engine.pushImage({ reference, login: await session.login(reference), listener });
  return { kind: 'engine', push };
}

/** True for an engine that should be there: one that was named, or whose socket is there. */
function isDown(error: unknown, session: DockerSession): boolean {
  return isEngineAbsent(error) && (session.isEngineNamed || !isSocketAbsent(error));
}

function notInItsPlace(
  { code, message, facts, remedy }: Failure,
  reference: TaggedReference,
): Failure {
  const { name, tag } = reference;
  return new Failure(code, message, {
    facts,
    meaning:
      'Without a terminal, what the registry has is not signed in place of what an engine that is down may have.',
    remedy: `${remedy}\nTo sign what the registry has, name its digest: docker trust sign ${name}:${tag}@sha256:…`,
  });
}

async function fromRegistry(
  reference: TaggedReference,
  session: DockerSession,
  because: Failure,
): Promise<ImageSource> {
  try {
    const descriptor = await session.registry().resolve(reference);
    return { kind: 'registry', descriptor, because: because.message };
  } catch (error) {
    const failure = asFailure(error);
    throw failure.with({
      message: `${because.message}\n${failure.message}`,
      remedy: `${because.remedy}\n${failure.remedy}`,
    });
  }
}
