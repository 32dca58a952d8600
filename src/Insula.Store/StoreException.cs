namespace Insula.Store;

/// <summary>The store refused an operation; <see cref="Error"/> says why.</summary>
public sealed class StoreException : Exception
{
    /// <summary>Describes a refusal.</summary>
    public StoreException(StoreError error, string message, Exception? innerException = null)
        : base(message, innerException) => Error = error;

    /// <summary>Why.</summary>
    public StoreError Error { get; }
}
