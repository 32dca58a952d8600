using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary>At the streams of a container from its first byte to its end.</summary>
/// <param name="Container">Its name.</param>
/// <param name="Stdin">Whether input is passed on.</param>
/// <param name="Tty">Whether it has a terminal.</param>
/// <param name="Remove">Whether its pod is deleted in the end.</param>
/// <param name="StartLimit">How long its start may take.</param>
internal sealed record AttachedRun(string Container, bool Stdin, bool Tty, bool Remove, TimeSpan StartLimit)
{
    /// <summary>So long a deletion may take that nobody can break off.</summary>
    private static readonly TimeSpan s_removal = TimeSpan.FromMinutes(2);

    /// <summary>Returns with its exit code, or when it was left.</summary>
    public async Task<int> FollowAsync(ApiClient client, ObjectTarget pod, CancellationToken ct)
    {
        try
        {
            await StartedContainer.WaitAsync(client, pod, Container, StartLimit, ct);
            var code = await AttachCommand.Session(client, pod.Path, Container, Stdin, Tty, logs: true).RunAsync(ct);
            if (!Remove && StartedContainer.IsRunning(await client.FindAsync(pod.Path, ct), Container))
            {
                await Console.Error.WriteLineAsync($"Session ended, resume using 'insula attach {pod.Name} -n {pod.Namespace} -c {Container}{(Stdin ? " -i" : "")}{(Tty ? " -t" : "")}' while the pod runs");
            }

            return code;
        }
        finally
        {
            if (Remove)
            {
                // Also when the user breaks off: that is what was asked for.
                await Deletion.DeleteAsync(client, pod, new DeleteOptions(null, Wait: true, s_removal, IgnoreMissing: true), CancellationToken.None);
                await Console.Error.WriteLineAsync($"{pod.Reference} deleted");
            }
        }
    }
}
