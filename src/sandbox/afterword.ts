// What stands after the story: how to use the running stack from paraph, docker and notary, in lines to paste.
import { join } from 'node:path';
import type { Scene } from './scene.ts';

export function afterword(scene: Scene, isKept: boolean): readonly string[] {
  const { stack, publisher, repository, directory } = scene;
  const { host } = new URL(stack.trustServer);
  const trustDir = join(publisher.dockerDir, 'trust');
  return [
    '',
    'The stack is running. In another terminal, as its publisher:',
    '',
    ...Object.entries(publisher.env).map(([name, value]) => `export ${name}=${value}`),
    `paraph inspect ${repository}`,
    '',
    `CA of the trust server: ${stack.caFile}`,
    'paraph and docker find it in DOCKER_CONFIG as above. With your own configuration:',
    `  mkdir -p ~/.docker/tls/${host} && cp ${stack.caFile} ~/.docker/tls/${host}/ca.crt`,
    `  DOCKER_CONTENT_TRUST=1 docker pull ${repository}:1.0`,
    'notary is told:',
    `  notary -s ${stack.trustServer} --tlscacert ${stack.caFile} -d ${trustDir} list ${repository}`,
    '',
    isKept
      ? `Ctrl-C ends it. Keys, trust data and certificates stay in ${directory}; what the servers hold does not.`
      : 'Ctrl-C ends it and removes everything.',
  ];
}
