namespace Insula.Sandbox.Shim;

/// <summary>Waits for the answer to a launch in a way that leaves no doubt about what was launched.</summary>
internal static class Launch
{
    /// <summary>Waits; when cancelled, has the launch ended and waits on for the shim's last word on it.</summary>
    /// <param name="call">The request, not cancelled by itself.</param>
    /// <param name="end">Ends whatever may have been started, which makes the shim answer.</param>
    /// <param name="ct">Gives the launch up.</param>
    public static async Task<ShimAnswer> WaitAsync(Task<ShimAnswer> call, Func<Task> end, CancellationToken ct)
    {
        try
        {
            return await call.WaitAsync(ct).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested && !call.IsFaulted)
        {
            await end().ConfigureAwait(false);
            try
            {
                (await call.ConfigureAwait(false)).Dispose();
            }
            catch (LaunchException e)
            {
                throw new OperationCanceledException("the launch was cancelled", e, ct);
            }

            throw;
        }
    }
}
