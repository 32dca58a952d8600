namespace Insula.Images.Loading;

/// <summary>The files of an OCI layout or archive, by their paths in it.</summary>
internal interface IBlobs : IDisposable
{
    /// <summary>What it is called in messages.</summary>
    string Description { get; }

    /// <summary>Whether layers have been seen to be what their digests say before they are opened, where nobody else can change them.</summary>
    bool AreVerified => false;

    /// <summary>Opens a file, able to seek; null when there is none.</summary>
    Stream? Open(string path);
}
