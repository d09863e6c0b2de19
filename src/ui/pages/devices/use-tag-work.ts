import { useEffect, useRef, useState } from "react";

import type { TagChange, TagWatch } from "../../calls/tag-work.ts";

/** A change of tags that this page works, one at a time. */
export interface TagWork {
  /** How far it is; also after a failure, and after it was stopped. */
  readonly change: TagChange | undefined;
  readonly error: unknown;
  readonly isBusy: boolean;
  readonly isStopping: boolean;
  /** Does nothing while another is worked: a double click is one wish. */
  readonly begin: (work: (watch: TagWatch) => Promise<TagChange>) => void;
  /** No slice more; the one under way is awaited. */
  readonly stop: () => void;
}

/** Works changes of tags; who leaves stops what is under way, and finds it among the recent changes. */
export function useTagWork(): TagWork {
  const [change, setChange] = useState<TagChange | undefined>(undefined);
  const [error, setError] = useState<unknown>(undefined);
  const [isBusy, setIsBusy] = useState(false);
  const [isStopping, setIsStopping] = useState(false);
  const running = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const begin = async (work: (watch: TagWatch) => Promise<TagChange>): Promise<void> => {
    if (running.current !== undefined) return;
    const stopping = new AbortController();
    running.current = stopping;
    setIsBusy(true);
    setError(undefined);
    try {
      await work({ tell: setChange, signal: stopping.signal });
    } catch (thrown) {
      setError(thrown);
    } finally {
      running.current = undefined;
      setIsBusy(false);
      setIsStopping(false);
    }
  };
  return {
    change,
    error,
    isBusy,
    isStopping,
    begin: (work) => void begin(work),
    stop: () => {
      running.current?.abort();
      setIsStopping(running.current !== undefined);
    },
  };
}
