import { hashPassword } from '@holdfast/issuer';
import { CommandError } from './command-error.ts';

const SHORTEST = 8; // characters
const ADVISED = 15; // NIST SP 800-63B-4 §3.1.1.2: where a password is all that is asked for
const LONGEST = 1024; // octets

type Input = NodeJS.ReadStream;

/** The PHC string of a password, for a file of accounts. Asks for it without echo at a terminal, else reads the first line. */
export async function readAndHashPassword(input: Input, prompt: (text: string) => void): Promise<string> {
  const password = input.isTTY ? await askTwice(input, prompt) : await firstLine(input);
  const length = Array.from(password).length;
  if (length < SHORTEST) throw new CommandError(`password: at least ${SHORTEST} characters`);
  if (Buffer.byteLength(password) > LONGEST) throw new CommandError(`password: at most ${LONGEST} octets`);
  if (length < ADVISED) prompt(`holdfast: short; ${ADVISED} characters or more are advised\n`);
  return hashPassword(password);
}

async function askTwice(input: Input, prompt: (text: string) => void): Promise<string> {
  const password = await ask(input, prompt, 'Password: ');
  if ((await ask(input, prompt, 'Again: ')) !== password) throw new CommandError('password: the two are not the same');
  return password;
}

async function ask(input: Input, prompt: (text: string) => void, question: string): Promise<string> {
  prompt(question);
  input.setRawMode(true);
  try {
    return await typedLine(input);
  } finally {
    input.setRawMode(false);
    input.pause();
    prompt('\n');
  }
}

/** What is typed up to Enter, with Backspace and Ctrl-U as ever. Throws when the person gives up by Ctrl-C or Ctrl-D. */
function typedLine(input: Input): Promise<string> {
  const decoder = new TextDecoder();
  const typed: string[] = [];
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      input.off('data', onData);
      settle();
    };
    const onData = (chunk: Buffer) => {
      for (const character of decoder.decode(chunk, { stream: true })) {
        if (character === '\r' || character === '\n') return end(() => resolve(typed.join('')));
        if (character === '\u0003' || character === '\u0004') return end(() => reject(new CommandError('given up')));
        if (character === '\u0015') typed.length = 0;
        else if (character === '\u007F' || character === '\b') typed.pop();
        else typed.push(character);
      }
    };
    input.on('data', onData);
    input.resume();
  });
}

async function firstLine(input: Input): Promise<string> {
  const chunks: Buffer[] = [];
  let octets = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    octets += chunk.length;
    if (octets > 2 * LONGEST || chunk.includes('\n')) break;
  }
  const [line = ''] = Buffer.concat(chunks).toString('latin1').split(/\r?\n/, 1);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(line, 'latin1'));
  } catch {
    throw new CommandError('password: not UTF-8');
  }
}
