using System.Net;

namespace Insula.Images.Registry;

/// <summary>Fetches one blob into a file, and goes on where it was cut off. Whether it is the blob, tells who reads it.</summary>
internal static class BlobDownload
{
    // Of cuts without a byte in between.
    private const int Attempts = 5;

    /// <summary>Fetches it.</summary>
    /// <param name="client">The registry.</param>
    /// <param name="digest">What it must be.</param>
    /// <param name="size">How many bytes it has, or may have at most.</param>
    /// <param name="file">The file.</param>
    /// <param name="report">Told of each piece; of a negative number when some came for nothing.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="ImageException">The registry does not give it.</exception>
    public static async Task RunAsync(RegistryClient client, string digest, long size, ArrivingFile file, Action<long> report, CancellationToken ct)
    {
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
                    file.Restart();
                }

                await CopyAsync(client, answer, file, digest, size, report, ct);
                return;
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
    }

    private static async Task CopyAsync(
        RegistryClient client, HttpResponseMessage answer, ArrivingFile file, string digest, long size, Action<long> report, CancellationToken ct)
    {
        await using Stream body = await answer.Content.ReadAsStreamAsync(ct);
        byte[] buffer = new byte[64 << 10];
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

            file.Append(buffer.AsSpan(0, got));
            report(got);
        }
    }
}
