import { sourceContract } from "../contract/source.ts";
import { armisHarness } from "./armis-harness.ts";

sourceContract("armis", armisHarness);
