namespace Insula.Network.Cni;

/// <summary>Runs plug-ins.</summary>
internal interface ICniRunner
{
    /// <summary>Runs one to its end.</summary>
    /// <param name="program">Its path.</param>
    /// <param name="environment">Its environment, as <c>NAME=value</c>.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="ct">Ends it, with all that it has started.</param>
    /// <exception cref="CniException">It could not be run, said too much, or did not end in time.</exception>
    Task<CniOutput> RunAsync(string program, IReadOnlyList<string> environment, string input, CancellationToken ct);
}
