// Rows of the command table for the programs that serve, and for trying and installing.
import type { CommandSpec } from './command.ts';
import { outputFlags, pluginDirFlag } from './flags.ts';

export const serviceCommands: readonly CommandSpec[] = [
  {
    name: 'sandbox',
    group: 'service',
    summary: 'try it: a stack of its own, and the story of an attack',
    arguments: '',
    takes: [0, 0],
    about:
      'Registry, trust server and signer in one process, on loopback, in memory; all is gone afterwards.',
    flags: [
      { name: 'keep', value: 'DIR', summary: 'keep keys, trust data and certificates in DIR' },
      { name: 'exit', summary: 'end after the story instead of waiting for Ctrl-C' },
    ],
    examples: [
      ['paraph sandbox', 'the story, then a running stack to play with'],
      ['paraph sandbox --exit', 'the story alone; fails if an attack is not refused'],
    ],
    load: () => import('./sandbox.ts'),
  },
  {
    name: 'server',
    group: 'service',
    summary: 'run the trust server, in place of notary-server',
    arguments: '[-config FILE]',
    takes: [0, 1000],
    about:
      'Takes the flags, configuration files and environment of notary-server; paraph server -help lists the flags.',
    flags: [],
    isProgram: true,
    examples: [
      ['paraph server', 'SQLite in a data directory, on loopback'],
      ['paraph server -config /etc/paraph/server.json', 'as configured'],
    ],
    load: () => import('./server.ts'),
  },
  {
    name: 'signer',
    group: 'service',
    summary: 'run the signing service, in place of notary-signer',
    arguments: '[-config FILE]',
    takes: [0, 1000],
    about:
      'Takes the flags, configuration files and environment of notary-signer; paraph signer -help lists the flags.',
    flags: [],
    isProgram: true,
    examples: [['paraph signer -config /etc/paraph/signer.json', 'as configured']],
    load: () => import('./signer.ts'),
  },
  {
    name: 'plugin install',
    group: 'service',
    summary: 'make docker trust of docker-trust, for docker 29 and later',
    arguments: '',
    takes: [0, 0],
    about:
      'Links docker-trust into cli-plugins of docker. docker up to 28 has a trust command of its own, which comes first.',
    flags: [pluginDirFlag, ...outputFlags],
    examples: [
      ['paraph plugin install', 'into ~/.docker/cli-plugins, or where DOCKER_CONFIG says'],
      ['paraph plugin install --dir /usr/local/lib/docker/cli-plugins', 'for every user'],
    ],
    load: () => import('./plugin-install.ts'),
  },
  {
    name: 'plugin remove',
    group: 'service',
    summary: 'take the link away again',
    arguments: '',
    takes: [0, 0],
    flags: [pluginDirFlag, ...outputFlags],
    examples: [['paraph plugin remove', 'docker has no trust command then, from 29 on']],
    load: () => import('./plugin-install.ts'),
  },
];
