import { useState, type ReactNode } from "react";

import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { TextField } from "./fields.tsx";
import { problemWords } from "./states.tsx";

type ConfirmDialogProps = {
  readonly title: string;
  /** What will be done, to what, and whether it can be taken back. */
  readonly about: ReactNode;
  /** On the button: the act, in its own verb. */
  readonly act: string;
  /** A word to be typed, where the act cannot be taken back. */
  readonly typed?: string;
  /** Whether all that the act needs is chosen. */
  readonly isChosen?: boolean;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onConfirm: () => Promise<unknown>;
  readonly children?: ReactNode;
};

/** Asks before an act, and stays with what went wrong where it fails. */
export function ConfirmDialog({
  title,
  about,
  act,
  typed,
  isChosen = true,
  isOpen,
  onClose,
  onConfirm,
  children,
}: ConfirmDialogProps): ReactNode {
  const [text, setText] = useState("");
  const [error, setError] = useState<unknown>(undefined);
  const [isBusy, setIsBusy] = useState(false);
  const close = (): void => {
    setText("");
    setError(undefined);
    onClose();
  };
  const confirm = async (): Promise<void> => {
    setIsBusy(true);
    try {
      await onConfirm();
      close();
    } catch (thrown) {
      setError(thrown);
    } finally {
      setIsBusy(false);
    }
  };
  const isReady = isChosen && !isBusy && (typed === undefined || text === typed);
  return (
    <Dialog
      title={title}
      about={about}
      isOpen={isOpen}
      onClose={close}
      foot={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button
            kind={typed === undefined ? "primary" : "danger"}
            disabled={!isReady}
            onClick={() => void confirm()}
          >
            {act}
          </Button>
        </>
      }
    >
      {children}
      {typed !== undefined && (
        <TextField label={`Type ${typed} to confirm`} value={text} onChange={setText} />
      )}
      {error !== undefined && (
        <p className="notice" data-tone="bad" role="alert">
          {problemWords(error)}
        </p>
      )}
    </Dialog>
  );
}
