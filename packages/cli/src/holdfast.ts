#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { makeCertificates } from './certs-command.ts';
import { CommandError, oneLine } from './command-error.ts';
import { runDemo } from './demo/demo.ts';
import { serve } from './demo/serve.ts';
import { requestHeaders } from './headers.ts';
import { serveIssuerFromFile } from './issuer-command.ts';

const HELP = `holdfast: sender-constrained access tokens

  holdfast demo [--json]                       issuer, venue, traders and thieves on loopback; exits 0 if all ended as it must
  holdfast demo --serve [--json] [--port N]    stays up; four ports from N on (default 8443), --log prints requests to stderr
  holdfast headers METHOD URL --client ID      Authorization and DPoP lines for one request to what demo --serve runs
  holdfast issuer --config FILE                serves an issuer
  holdfast certs [DIRECTORY]                   a local authority with server and client certificates

  --state DIRECTORY                            where demo keeps certificates and keys (default .holdfast)
`;

const FIRST_PORT = 8443;

/** Returns the exit code. */
async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      serve: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      log: { type: 'boolean', default: false },
      port: { type: 'string' },
      state: { type: 'string', default: '.holdfast' },
      client: { type: 'string' },
      config: { type: 'string' },
    },
  });
  const [command, ...operands] = positionals;
  const { state, json, log } = values;
  if (values.help === true || command === undefined) {
    print(HELP);
    return command === undefined && values.help !== true ? 2 : 0;
  }
  switch (command) {
    case 'demo':
      if (!values.serve) return (await runDemo({ state, json, print })) ? 0 : 1;
      await serve({ state, json, log, port: readPort(values.port), print });
      return 0;
    case 'headers': {
      const [method, url] = operands;
      if (method === undefined || url === undefined)
        throw new CommandError('usage: holdfast headers METHOD URL --client ID');
      print(await requestHeaders({ method, url, client: values.client ?? '', state }));
      return 0;
    }
    case 'issuer':
      if (values.config === undefined) throw new CommandError('usage: holdfast issuer --config FILE');
      await serveIssuerFromFile({ config: values.config, print });
      return 0;
    case 'certs':
      await makeCertificates(operands[0] ?? 'certs', print);
      return 0;
    default:
      throw new CommandError(`${command}: no such command; see holdfast --help`);
  }
}

function readPort(text: string | undefined): number {
  const port = Number(text ?? FIRST_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_532) throw new CommandError('--port: a number from 0 to 65532');
  return port;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (thrown) {
  const line = oneLine(thrown);
  if (line === undefined) throw thrown;
  process.stderr.write(`holdfast: ${line}\n`);
  process.exitCode = 1;
}
