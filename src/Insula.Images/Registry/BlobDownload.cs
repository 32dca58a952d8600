using System.Net;
using System.Security.Cryptography;
using Insula.Images.Formats;

namespace Insula.Images.Registry;

/// <summary>Fetches one blob into a file, and goes on where it was cut off.</summary>
internal static class BlobDownload
{
    // Of cuts without a byte in between.
    private const int Attempts = 5;

    /// <summary>Fetches it.</summary>
    /// <param name="client">The registry.</param>
    /// <param name="digest">What it must be.</param>
    /// <param name="size">How many bytes it has, or may have at most.</param>
    /// <param name="path">The file; it is not there yet.</param>
    /// <param name="report">Told of each piece; of a negative number when some came for nothing.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="ImageException">The registry does not give it, or gives something else.</exception>
    public static async Task RunAsync(RegistryClient client, string digest, long size, string path, Action<long> report, CancellationToken ct)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using FileStream file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1);
        for (int attempt = 1; ;)
        {
            long before = file.Length;
            try
            {
                using HttpResponseMessage answer = await client.GetAsync($"blobs/{digest}", [], before, ct);
                if (before > 0 && (answer.StatusCode != HttpStatusCode.PartialContent || answer.Content.Headers.ContentRange?.From != before))
                {
                    // It cannot go on in the middle.
                    report(-before);
                    file.SetLength(0);
                    _ = hash.GetHashAndReset();
                }

                await CopyAsync(client, answer, file, hash, digest, size, report, ct);
                break;
            }
            catch (Exception e) when (RegistryClient.IsPassing(e, ct))
            {
                attempt = file.Length > before ? 1 : attempt + 1;
                if (attempt > Attempts)
                {
                    throw new ImageException(ImageError.Registry, $"the registry {client.Name} breaks off in the middle of {digest}: {RegistryClient.Reason(e)}", e);
                }

                await Task.Delay(RegistryClient.Pause(attempt), ct);
            }
        }

        string actual = Digests.Format(hash.GetHashAndReset());
        if (actual != digest)
        {
            throw new ImageException(ImageError.InvalidImage, $"the registry {client.Name} gives something else for {digest}: it is {actual}");
        }
    }

    private static async Task CopyAsync(
        RegistryClient client, HttpResponseMessage answer, FileStream file, IncrementalHash hash, string digest, long size, Action<long> report, CancellationToken ct)
    {
        await using Stream body = await answer.Content.ReadAsStreamAsync(ct);
        byte[] buffer = new byte[128 << 10];
        while (true)
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(client.Silence);
            int got = await body.ReadAsync(buffer, limit.Token);
            if (got == 0)
            {
                // A body without a length may end too early and look whole.
                if (file.Length < size && answer.Content.Headers.ContentLength is null)
                {
                    throw new IOException("the answer ended too early");
                }

                return;
            }

            if (file.Length + got > size)
            {
                throw new ImageException(ImageError.InvalidImage, $"{digest} has more than the {size} bytes that were announced");
            }

            hash.AppendData(buffer, 0, got);
            await file.WriteAsync(buffer.AsMemory(0, got), ct);
            report(got);
        }
    }
}
