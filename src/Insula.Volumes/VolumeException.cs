namespace Insula.Volumes;

/// <summary>A volume cannot be had as the manifest wants it; the message names the volume and what to do.</summary>
public sealed class VolumeException : Exception
{
    /// <summary>A failure without details.</summary>
    public VolumeException()
    {
    }

    /// <summary>A failure described by a message.</summary>
    /// <param name="message">Which volume, what is wrong, what to do.</param>
    public VolumeException(string message)
        : base(message)
    {
    }

    /// <summary>A failure with the one that caused it.</summary>
    /// <param name="message">Which volume, what is wrong, what to do.</param>
    /// <param name="innerException">The cause.</param>
    public VolumeException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
