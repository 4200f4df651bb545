/**
 * Bring a recording to the server: in pieces, so that a broken connection costs one of them.
 *
 * The file's SHA-256 is its name there: offered again, the upload goes on where it stood, and a
 * file that is there already is not sent at all. The hash is computed piece by piece (the browser's
 * own needs the whole file in memory, and a secure context that a rig's LAN may not be).
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

import { api, type Answer, ApiError } from "./api";

type Upload = Answer<"/api/uploads", "post">;

const PIECE_BYTES = 1 << 20;
const TRIES = 5;

export interface Progress {
  /** 0 … 1 of reading, then of sending. */
  share: number;
  step: "reading" | "sending";
}

export async function hashOf(
  file: Blob,
  told: (share: number) => void,
  signal: AbortSignal,
): Promise<string> {
  const digest = sha256.create();
  for (let at = 0; at < file.size; at += PIECE_BYTES) {
    signal.throwIfAborted();
    digest.update(new Uint8Array(await file.slice(at, at + PIECE_BYTES).arrayBuffer()));
    told(Math.min(1, (at + PIECE_BYTES) / file.size));
  }
  return bytesToHex(digest.digest());
}

/** Send a file; gives the id of the session that it is. */
export async function bring(
  file: File,
  course_id: string | null,
  told: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<string> {
  const hash = await hashOf(file, (share) => told({ share, step: "reading" }), signal);
  const body = { sha256: hash, size: file.size, name: file.name, course_id };
  let upload: Upload = await api.post("/api/uploads", { body, signal });
  let tries = 0;
  while (!upload.complete) {
    told({ share: upload.offset / file.size, step: "sending" });
    const { upload_id, offset } = upload;
    try {
      upload = await api.patch("/api/uploads/{upload_id}", {
        params: { upload_id },
        header: { "upload-offset": offset },
        bytes: file.slice(offset, offset + PIECE_BYTES),
        signal,
      });
      tries = 0;
    } catch (error) {
      const again = error instanceof ApiError && (error.again || error.code === "offset");
      if (!again || ++tries > TRIES) throw error;
      upload = await api.post("/api/uploads", { body, signal }); // where does it stand?
    }
  }
  if (upload.session_id === null) throw new Error("The server did not say which session it is.");
  return upload.session_id;
}
