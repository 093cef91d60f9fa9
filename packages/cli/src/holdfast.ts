#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { CommandError, describe, isUsage, UsageError } from './command-error.ts';
import { headJoined, idsLast } from './ids-last.ts';
import { createOutput, type Output } from './output.ts';

const HELP = `holdfast: sender-constrained access tokens

  holdfast demo [--json]                       issuer, venue, traders and thieves on loopback; exits 0 if all ended as it must
  holdfast demo --serve [--json] [--port N]    stays up; four ports from N on (default 8443), --log prints requests to stderr
       [--evidence FILE]                       the venue wants orders signed, and records them in this file
       [--metrics PORT]                        Prometheus metrics of the venue on http://127.0.0.1:PORT/metrics
  holdfast headers METHOD URL --client ID      Authorization and DPoP lines for one request to what demo --serve runs
  holdfast issuer --config FILE                serves an issuer
  holdfast password                            asks for a password, or reads a line; prints its hash for a file of accounts
  holdfast keys list|rotate|add --config FILE  shows the issuer's keys, puts the next ones into use, makes what is missing
       [--now] [--json]                        --now: rotates also when verifiers may not know the next keys yet
  holdfast keys drop KID --config FILE         takes a key out at once, with all that it signed: one that leaked
  holdfast revoke GRANT --config FILE          ends a grant, as the audit trail names it, with all tokens that came from it
  holdfast evidence verify FILE [--head HASH]  checks a venue's record of orders, offline: its chain, and all signatures in it
       [--json]                                exits 0 if it is as it was written, 1 if not, 2 if that could not be found out
  holdfast certs [DIRECTORY]                   a local authority with server and client certificates
  holdfast bench [URL] [--quick] …             what all of it costs, or a deployed server at URL: holdfast bench --help

  --state DIRECTORY                            where demo keeps certificates and keys (default .holdfast)

Exit codes, where nothing else is said: 2, the command line was wrong, and nothing was done; 1, it could not be done.
`;

const FIRST_PORT = 8443;

const MOST_OPERANDS: Readonly<Record<string, number>> = {
  demo: 0,
  headers: 2,
  issuer: 0,
  password: 0,
  keys: 2,
  revoke: 1,
  evidence: 2,
  certs: 1,
};

/** Returns the exit code. */
async function main(args: string[], output: Output): Promise<number> {
  const { print } = output;
  // Its options are its own
  if (args[0] === 'bench') return await (await import('./bench-command.ts')).runBench(args.slice(1));
  const { values, positionals } = parseArgs({
    args: idsLast(headJoined(args)),
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      serve: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      log: { type: 'boolean', default: false },
      port: { type: 'string' },
      metrics: { type: 'string' },
      state: { type: 'string', default: '.holdfast' },
      client: { type: 'string' },
      config: { type: 'string' },
      evidence: { type: 'string' },
      head: { type: 'string' },
      now: { type: 'boolean', default: false },
    },
  });
  const [command, ...operands] = positionals;
  const { state, json, log, evidence } = values;
  if (values.help === true || command === undefined) {
    print(HELP);
    return command === undefined && values.help !== true ? 2 : 0;
  }
  if (operands.length > (MOST_OPERANDS[command] ?? operands.length)) {
    throw new UsageError(`${command}: too many operands; see holdfast --help`);
  }
  if (state === '') throw new UsageError('--state: the path of a folder');
  const port = readPort('--port', values.port ?? String(FIRST_PORT), 65_532);
  const metrics = values.metrics === undefined ? undefined : readPort('--metrics', values.metrics, 65_535);
  // Each command loads what it needs: whoever asks for a hash of a password does not wait for a venue
  switch (command) {
    case 'demo':
      if (evidence !== undefined && !values.serve) throw new UsageError('--evidence: only with --serve');
      if (!values.serve) return (await (await import('./demo/demo.ts')).runDemo({ state, json, print })) ? 0 : 1;
      await (await import('./demo/serve.ts')).serve({ state, json, log, port, metrics, evidence, output });
      return 0;
    case 'headers': {
      const [method, url] = operands;
      if (method === undefined || url === undefined)
        throw new UsageError('usage: holdfast headers METHOD URL --client ID');
      const { requestHeaders } = await import('./headers.ts');
      print(await requestHeaders({ method, url, client: values.client ?? '', state }));
      return 0;
    }
    case 'issuer': {
      if (values.config === undefined) throw new UsageError('usage: holdfast issuer --config FILE');
      const { serveIssuerFromFile } = await import('./issuer-command.ts');
      await serveIssuerFromFile({ config: values.config, output });
      return 0;
    }
    case 'password': {
      const { readAndHashPassword } = await import('./password-command.ts');
      print(await readAndHashPassword(process.stdin, (text) => process.stderr.write(text)));
      return 0;
    }
    case 'keys': {
      const [action, kid] = operands;
      const { runKeysCommand } = await import('./keys-command.ts');
      await runKeysCommand({ action, kid, config: values.config, now: values.now, json, print });
      return 0;
    }
    case 'revoke': {
      const { revokeGrant } = await import('./revoke-command.ts');
      await revokeGrant({ grant: operands[0], config: values.config, print });
      return 0;
    }
    case 'evidence': {
      const [action, file] = operands;
      const { runEvidenceCommand } = await import('./evidence/command.ts');
      return await runEvidenceCommand({ action, file, head: values.head, json, print, complain });
    }
    case 'certs': {
      const { makeCertificates } = await import('./certs-command.ts');
      await makeCertificates(operands[0] ?? 'certs', print);
      return 0;
    }
    case 'bench':
      throw new UsageError('bench: its options come after it; see holdfast bench --help');
    default:
      throw new UsageError(`${command}: no such command; see holdfast --help`);
  }
}

function readPort(option: string, text: string, most: number): number {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= most)) throw new UsageError(`${option}: a number from 0 to ${most}`);
  return port;
}

function complain(line: string): void {
  process.stderr.write(`holdfast: ${line}\n`);
}

function fail(thrown: unknown): void {
  complain(describe(thrown));
  process.exitCode = isUsage(thrown) ? 2 : 1;
}

process.stderr.on('error', () => {}); // nobody is left to be told
process.on('uncaughtException', (thrown) => {
  fail(thrown);
  process.exit();
});
const output = createOutput(process.stdout);
try {
  process.exitCode = await main(process.argv.slice(2), output);
} catch (thrown) {
  fail(thrown);
}
const loss = await output.end();
if (loss !== undefined) fail(new CommandError(`standard output: ${describe(loss)}`));
