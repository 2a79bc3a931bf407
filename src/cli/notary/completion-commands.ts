// `notary completion …`, which cobra gives every program (notary CLI §1).
import type { FlagSpec } from '../cobra/command.ts';
import type { NotarySpec } from './command.ts';

const flags: readonly FlagSpec[] = [
  { name: 'no-descriptions', kind: 'bool', usage: 'disable completion descriptions' },
];

/** What the help of each shell begins with, and how a script is loaded once and for good. */
const forOneSession = 'To load completions in your current shell session:';
const forEverySession = 'To load completions for every new session, execute once:';
const atLast = 'You will need to start a new shell for this setup to take effect.';

export const completionCommands: NotarySpec = {
  use: 'completion',
  short: 'Generate the autocompletion script for the specified shell',
  long: "Generate the autocompletion script for notary for the specified shell.\nSee each sub-command's help for details on how to use the generated script.",
  commands: [
    {
      use: 'bash',
      short: 'Generate the autocompletion script for bash',
      long: `Generate the autocompletion script for the bash shell.

This script depends on the 'bash-completion' package.
If it is not installed already, you can install it via your OS's package manager.

${forOneSession}

	source <(notary completion bash)

${forEverySession}

#### Linux:

	notary completion bash > /etc/bash_completion.d/notary

#### macOS:

	notary completion bash > $(brew --prefix)/etc/bash_completion.d/notary

${atLast}`,
      flags,
      args: 'none',
      hasBareUsageLine: true,
      body: () => import('./completion.ts'),
    },
    {
      use: 'zsh',
      short: 'Generate the autocompletion script for zsh',
      long: `Generate the autocompletion script for the zsh shell.

If shell completion is not already enabled in your environment you will need
to enable it.  You can execute the following once:

	echo "autoload -U compinit; compinit" >> ~/.zshrc

${forOneSession}

	source <(notary completion zsh); compdef _notary notary

${forEverySession}

#### Linux:

	notary completion zsh > "\${fpath[1]}/_notary"

#### macOS:

	notary completion zsh > $(brew --prefix)/share/zsh/site-functions/_notary

${atLast}`,
      flags,
      args: 'none',
      body: () => import('./completion.ts'),
    },
    {
      use: 'fish',
      short: 'Generate the autocompletion script for fish',
      long: `Generate the autocompletion script for the fish shell.

${forOneSession}

	notary completion fish | source

${forEverySession}

	notary completion fish > ~/.config/fish/completions/notary.fish

${atLast}`,
      flags,
      args: 'none',
      body: () => import('./completion.ts'),
    },
    {
      use: 'powershell',
      short: 'Generate the autocompletion script for powershell',
      long: `Generate the autocompletion script for powershell.

${forOneSession}

	notary completion powershell | Out-String | Invoke-Expression

To load completions for every new session, add the output of the above command
to your powershell profile.`,
      flags,
      args: 'none',
      body: () => import('./completion.ts'),
    },
  ],
};
