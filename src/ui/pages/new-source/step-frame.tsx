import type { FormEvent, ReactNode } from "react";

import { Button } from "../../parts/button.tsx";
import { Failure } from "../../parts/failure.tsx";

type StepFrameProps = {
  readonly title: string;
  readonly about: ReactNode;
  readonly next: string;
  readonly onNext: () => void;
  readonly onBack?: (() => void) | undefined;
  /** Why one cannot go on yet. */
  readonly refusal?: string | undefined;
  readonly error?: unknown;
  readonly children: ReactNode;
};

/** One step: what it is about, its fields, and the ways on and back. */
export function StepFrame(props: StepFrameProps): ReactNode {
  const { title, about, next, onNext, onBack, refusal, error, children } = props;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onNext();
  };
  return (
    <form className="panel step" onSubmit={submit} noValidate>
      <div className="stack-s">
        <h2>{title}</h2>
        <p className="muted">{about}</p>
      </div>
      {children}
      <Failure error={error} />
      <div className="step-foot">
        {onBack === undefined ? <span /> : <Button onClick={onBack}>Back</Button>}
        <Button type="submit" kind="primary" refusal={refusal}>
          {next}
        </Button>
      </div>
    </form>
  );
}
