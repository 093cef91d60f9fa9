import type { FloodKind } from '../flood-kind.ts';
import { headFloods } from './heads.ts';
import { insiderFloods } from './insiders.ts';
import { proofFloods } from './proofs.ts';
import { tokenFloods } from './tokens.ts';

export const FLOODS: readonly FloodKind[] = [...proofFloods, ...tokenFloods, ...headFloods, ...insiderFloods];
