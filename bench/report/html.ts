import type { Report } from '../result.ts';
import { page } from './page.ts';
import type { MakeSection } from './section.ts';
import { adviceSection } from './sections/advice.ts';
import { attackSection } from './sections/attack.ts';
import { casesSection } from './sections/cases.ts';
import { deployedSection } from './sections/deployed.ts';
import { issuingSection } from './sections/issuing.ts';
import { latencyCurvesSection } from './sections/latency-curves.ts';
import { messagesSection } from './sections/messages.ts';
import { methodSection } from './sections/method.ts';
import { peerFactsSection } from './sections/peer-facts.ts';
import { peersSection } from './sections/peers.ts';
import { refusalsSection } from './sections/refusals.ts';
import { replaySection } from './sections/replay.ts';
import { signingSection } from './sections/signing.ts';
import { soakSection } from './sections/soak.ts';
import { stepsSection } from './sections/steps.ts';
import { summarySection } from './sections/summary.ts';
import { throughputSection } from './sections/throughput.ts';
import { waysSection } from './sections/ways.ts';

/** From what matters most to what is looked up. */
const SECTIONS: readonly MakeSection[] = [
  summarySection,
  throughputSection,
  stepsSection,
  peersSection,
  signingSection,
  messagesSection,
  issuingSection,
  refusalsSection,
  attackSection,
  latencyCurvesSection,
  replaySection,
  soakSection,
  waysSection,
  deployedSection,
  adviceSection,
  methodSection,
  peerFactsSection,
  casesSection,
];

/** A report as one HTML page that needs nothing else: no script, no network. What was not measured has no section. */
export function htmlReport(report: Report): string {
  const sections = SECTIONS.map((make) => make(report)).filter((section) => section !== undefined);
  return page(report, sections);
}
