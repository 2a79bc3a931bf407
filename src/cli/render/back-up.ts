// The command that backs the private keys up. An archive made with it is unpacked with `tar -C DIR -zxvf FILE`, where
// DIR is the home directory for keys that are in it, else the directory that holds them.

const archive = 'private_keys_backup.tar.gz';
/** What a shell takes as it stands. */
const plainPath = /^[\w./:@%+,-]+$/;

/** @param directory of the key files, absolute or from `~` */
export function backUpCommand(directory: string): string {
  const [base, inside] = directory.startsWith('~/')
    ? ['~', shellWord(directory.slice('~/'.length))]
    : [shellWord(parentOf(directory)), shellWord(directory.slice(directory.lastIndexOf('/') + 1))];
  return `(umask 077; tar -C ${base} -zcvf ${archive} ${inside})`;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

function shellWord(text: string): string {
  return plainPath.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
