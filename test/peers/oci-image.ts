// Little images for real registries: an OCI layout on disk, pushed by skopeo.
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostNetwork, type Network } from './network.ts';
import { peer } from './peers.ts';
import { mustRun } from './program.ts';
import type { Scratch } from './scratch.ts';

export interface PushedImage {
  /** `sha256:…` of the manifest or index that the tag names. */
  readonly digest: string;
  /** Its bytes, as the registry serves them. */
  readonly bytes: Buffer;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly os: string; readonly architecture: string };
}

const type = (name: string): string => `application/vnd.oci.image.${name}`;

export interface ImagePlan {
  /** `HOST:PORT` of the registry, plain HTTP. */
  readonly registry: string;
  readonly repository: string;
  readonly tag: string;
  readonly content: string;
  /** More than one makes an index; none given, a plain manifest. */
  readonly architectures?: readonly string[];
  readonly network?: Network;
}

/** Makes an image that holds `content` and pushes it. */
export async function pushImage(scratch: Scratch, plan: ImagePlan): Promise<PushedImage> {
  const { registry, repository, tag, content } = plan;
  const layout = await scratch.folder(
    `layout-${createHash('sha256').update(`${repository}${content}`).digest('hex').slice(0, 8)}`,
  );
  const blobs = join(layout, 'blobs/sha256');
  await mkdir(blobs, { recursive: true });
  const blob = async (mediaType: string, bytes: Buffer): Promise<Descriptor> => {
    const hex = createHash('sha256').update(bytes).digest('hex');
    await writeFile(join(blobs, hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const json = (mediaType: string, value: object): Promise<Descriptor> =>
    blob(mediaType, Buffer.from(JSON.stringify(value)));
  const manifest = async (architecture: string): Promise<Descriptor> => {
    const layer = await blob(type('layer.v1.tar'), Buffer.from(content));
    const rootfs = { type: 'layers', diff_ids: [layer.digest] };
    const config = await json(type('config.v1+json'), {
      architecture,
      os: 'linux',
      config: {},
      rootfs,
    });
    const mediaType = type('manifest.v1+json');
    return json(mediaType, { schemaVersion: 2, mediaType, config, layers: [layer] });
  };
  const top = await topDescriptor(plan.architectures, manifest, json);
  const entry = { ...top, annotations: { 'org.opencontainers.image.ref.name': tag } };
  await writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(
    join(layout, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [entry] }),
  );
  await push(layout, plan);
  const bytes = Buffer.from(
    await mustRun(
      peer('skopeo'),
      ['inspect', '--raw', '--tls-verify=false', `docker://${registry}/${repository}:${tag}`],
      inNetwork(plan),
    ),
  );
  return { digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, bytes };
}

async function topDescriptor(
  architectures: readonly string[] | undefined,
  manifest: (architecture: string) => Promise<Descriptor>,
  json: (mediaType: string, value: object) => Promise<Descriptor>,
): Promise<Descriptor> {
  if (architectures === undefined) return manifest('amd64');
  const manifests: Descriptor[] = [];
  for (const architecture of architectures) {
    manifests.push({ ...(await manifest(architecture)), platform: { os: 'linux', architecture } });
  }
  const mediaType = type('index.v1+json');
  return json(mediaType, { schemaVersion: 2, mediaType, manifests });
}

async function push(layout: string, plan: ImagePlan): Promise<void> {
  const to = `docker://${plan.registry}/${plan.repository}:${plan.tag}`;
  const from = `oci:${layout}:${plan.tag}`;
  const insecure = ['--insecure-policy', 'copy', '--all', '--quiet', '--dest-tls-verify=false'];
  await mustRun(peer('skopeo'), [...insecure, from, to], inNetwork(plan));
}

const inNetwork = (plan: ImagePlan) => ({
  network: plan.network ?? hostNetwork,
  env: { HOME: '/nonexistent' },
});
