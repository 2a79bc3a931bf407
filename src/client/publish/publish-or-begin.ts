// Publishes to a repository, or makes it when the server does not have it: what signing, staged changes and signers
// have in common. Somebody else may make it in the meantime; then this is one more publication.
import { isFailure } from '../../errors.ts';
import type { RoleName } from '../../tuf/role.ts';
import { maxRootBytes } from '../consume/limits.ts';
import type { TrustedRepository } from '../consume/trusted-repository.ts';
import type { PublisherPorts } from '../ports.ts';
import type { Edit, Plan } from './edit.ts';
import type { RepositoryKey } from './first-root.ts';
import { initialise } from './initialise.ts';
import { type PublishOptions, publish } from './publish.ts';

export interface PublishOrder {
  readonly gun: string;
  readonly plan: Plan;
  /** What the first release says; runs only when there is to be one, and may refuse it. */
  readonly first: () => Promise<readonly Edit[]>;
  /** Which root key serves a new repository, when there are several: its id, or 7 digits or more of it. */
  readonly rootKeyId?: string | undefined;
  readonly options?: PublishOptions;
}

export interface Published {
  readonly outcome: 'published' | 'unchanged';
  readonly planned: readonly Edit[];
  /** The edits that changed something. */
  readonly changed: readonly Edit[];
  /** The roles whose files went up. */
  readonly uploaded: readonly RoleName[];
  /** The keys of a repository that was made by this. */
  readonly newKeys: readonly RepositoryKey[];
  /** As the server serves it afterwards; undefined when it could not be read back. */
  readonly repository: TrustedRepository | undefined;
}

/** Call under the publish lock of the repository. @throws Failure what publish, `first` and initialise throw */
export async function publishOrBegin(
  order: PublishOrder,
  ports: PublisherPorts,
): Promise<Published> {
  try {
    return await next(order, ports);
  } catch (error) {
    if (!isFailure(error, 'NO_TRUST_DATA')) throw error;
  }
  try {
    return await begin(order, ports);
  } catch (error) {
    if (!(await wasOvertaken(error, order.gun, ports))) throw error;
    return next(order, ports);
  }
}

async function next(
  { gun, plan, options }: PublishOrder,
  ports: PublisherPorts,
): Promise<Published> {
  const { repository, isCurrent, ...done } = await publish(gun, plan, ports, options);
  return { ...done, newKeys: [], repository: isCurrent ? repository : undefined };
}

async function begin(order: PublishOrder, ports: PublisherPorts): Promise<Published> {
  const { gun, rootKeyId, options } = order;
  const edits = await order.first();
  const { explain, beforeUpload } = options ?? {};
  const request = { gun, edits, rootKeyId, explain, beforeUpload };
  const { keys, ...begun } = await initialise(request, ports);
  const done = { planned: edits, newKeys: keys, ...begun };
  return { outcome: 'published', ...done };
}

/** Whether the first release failed because somebody else made the repository meanwhile. */
async function wasOvertaken(
  error: unknown,
  gun: string,
  { server }: PublisherPorts,
): Promise<boolean> {
  if (isFailure(error, 'ALREADY_INITIALISED', 'VERSION_CONFLICT')) return true;
  if (!isFailure(error, 'UPLOAD_REJECTED')) return false;
  return (await server.fetch(gun, { role: 'root' }, maxRootBytes)) !== undefined;
}
