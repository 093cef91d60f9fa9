// biome-ignore lint/correctness/noUnresolvedImports: Biome does not find its way through these types
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, type TestContext, vi } from 'vitest';
import { needsProgram } from '../programs.ts';

const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export type { Page };

// A browser beside all the other suites has little of the machine
const PATIENCE = 15_000; // ms
vi.setConfig({ testTimeout: 4 * PATIENCE });

let launched: Promise<Browser> | undefined;
afterAll(async () => {
  await (await launched)?.close();
});

/** A browser of its own with an empty profile, as `page`, and every word that it wrote into its console. */
export interface Person {
  readonly page: Page;
  readonly complaints: readonly string[];
  /** Another tab of the same browser. */
  tab(): Promise<Page>;
}

/** Skips the test, with a line that says why, where there is no Chromium. Scripts are off unless they are asked for. */
export async function newPerson(context: TestContext, options: BrowserContextOptions = {}): Promise<Person> {
  const executablePath = needsProgram(context, 'chromium');
  launched ??= chromium.launch({ executablePath, args: ARGUMENTS });
  const browser = await launched;
  const opened = await browser.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled: false, ...options });
  context.onTestFinished(() => opened.close());
  const complaints: string[] = [];
  opened.on('console', (message) => complaints.push(message.text()));
  opened.setDefaultTimeout(PATIENCE);
  return { page: await opened.newPage(), complaints, tab: () => opened.newPage() };
}
