// `paraph plugin install` and `paraph plugin remove`: docker-trust as a plug-in of the docker CLI, which ships without
// trust from version 29 on.
import { dirname, join, resolve } from 'node:path';
import { type ExitStatus, exitStatus } from '../../errors.ts';
import { placesOf, shownPlaceOf } from '../places.ts';
import type { CommandBody, Invocation } from './command.ts';
import { type DockerVersion, dockerVersion } from './docker-version.ts';
import { namedPlaces } from './named-places.ts';
import { openReporter } from './open-reporter.ts';
import { linkPlugin, ownProgram, pluginFileName, unlinkPlugin } from './plugin-file.ts';

export const run: CommandBody['run'] = (invocation) =>
  invocation.name === 'plugin remove' ? remove(invocation) : install(invocation);

async function install(invocation: Invocation): Promise<ExitStatus> {
  const reporter = openReporter(invocation);
  const path = pluginPath(invocation);
  const program = ownProgram();
  const isNew = await linkPlugin(path, program);
  const docker = await dockerVersion(invocation.world);
  const place = shownPlaceOf(invocation.world);
  const line = isNew
    ? `linked  ${place(path)} to ${place(program)}`
    : `${place(path)} is linked to ${place(program)} already`;
  reporter.result([line], {
    plugin: path,
    program,
    outcome: isNew ? 'linked' : 'present',
    docker: docker === undefined ? null : { version: docker.version, uses: !docker.hasOwnTrust },
  });
  reporter.notice(noticeOf(docker), {
    kind: 'docker-version',
    version: docker?.version ?? null,
    hasOwnTrust: docker?.hasOwnTrust ?? null,
  });
  return exitStatus.done;
}

/** What the reader will find when typing `docker trust`. */
function noticeOf(docker: DockerVersion | undefined): readonly string[] {
  if (docker === undefined) {
    return [
      'There is no docker on the PATH that tells its version; docker 29 and later use the plug-in.',
    ];
  }
  if (!docker.hasOwnTrust) return ['Try it:  docker trust inspect IMAGE'];
  return [
    `docker ${docker.version} has a trust command of its own, which comes before any plug-in: docker trust stays docker's`,
    'until docker 29. docker-trust itself works with any version:  docker-trust inspect IMAGE',
  ];
}

async function remove(invocation: Invocation): Promise<ExitStatus> {
  const reporter = openReporter(invocation);
  const path = pluginPath(invocation);
  const isRemoved = await unlinkPlugin(path, ownProgram());
  const place = shownPlaceOf(invocation.world)(path);
  reporter.result([isRemoved ? `removed  ${place}` : `${place} is not there`], {
    plugin: path,
    outcome: isRemoved ? 'removed' : 'absent',
  });
  return exitStatus.done;
}

function pluginPath({ world, flags }: Invocation): string {
  const named = flags.text('dir');
  const dockerDir = dirname(placesOf(world, namedPlaces(flags)).configFile);
  const directory =
    named === undefined ? join(dockerDir, 'cli-plugins') : resolve(world.workingDir, named);
  return join(directory, pluginFileName);
}
