namespace Insula.Store;

/// <summary>When a write is on disk.</summary>
public enum Durability
{
    /// <summary>Before the call returns, through a power cut: specs and intents.</summary>
    Full,

    /// <summary>
    /// Readers and watches see it at once; the disk gets the newest version a moment later. A crash may lose it: for
    /// statuses and events, which a new daemon observes again.
    /// </summary>
    Coalesced,
}
