using System.Runtime.ExceptionServices;
using Microsoft.Win32.SafeHandles;

namespace Insula.Images.Registry;

/// <summary>A file that is read while it comes: one writes it from its start, another reads behind.</summary>
/// <param name="file">Empty, and without a name: it goes with the handle.</param>
internal sealed class ArrivingFile(SafeFileHandle file) : IDisposable
{
    private readonly object _change = new();
    private long _length;
    private bool _isWhole;
    private Exception? _failure;

    private SafeFileHandle File => file;

    /// <summary>How much there is.</summary>
    public long Length => Interlocked.Read(ref _length);

    /// <summary>Adds bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(file, bytes, _length);
        var more = bytes.Length;
        Change(() => _length += more);
    }

    /// <summary>Begins anew. Who reads waits until it has come as far as before: the same bytes, or its digest will tell.</summary>
    public void Restart()
    {
        Change(() => _length = 0);
        RandomAccess.SetLength(file, 0);
    }

    /// <summary>Nothing more comes.</summary>
    /// <param name="failure">Why not, when something is missing; null otherwise.</param>
    public void End(Exception? failure) => Change(() => (_isWhole, _failure) = (failure is null, failure));

    /// <summary>Reads from its start; closes the file in the end.</summary>
    public Stream Read() => new Reader(this);

    public void Dispose() => file.Dispose();

    private void Change(Action change)
    {
        lock (_change)
        {
            change();
            Monitor.PulseAll(_change);
        }
    }

    // How many bytes can be read there; 0 at the end of a whole file.
    private long Wait(long position)
    {
        lock (_change)
        {
            while (_length <= position && !_isWhole)
            {
                if (_failure is not null)
                {
                    ExceptionDispatchInfo.Throw(_failure);
                }

                Monitor.Wait(_change);
            }

            return Math.Max(_length - position, 0);
        }
    }

    private sealed class Reader(ArrivingFile from) : Stream
    {
        private long _position;

        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        /// <summary>What there is by now.</summary>
        public override long Length => from.Length;

        public override long Position
        {
            get => _position;
            set => _position = value;
        }

        public override int Read(Span<byte> buffer)
        {
            var some = (int)Math.Min(buffer.Length, from.Wait(_position));
            var count = some == 0 ? 0 : RandomAccess.Read(from.File, buffer[..some], _position);
            _position += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override long Seek(long offset, SeekOrigin origin) =>
            _position = offset + (origin switch { SeekOrigin.Begin => 0, SeekOrigin.Current => _position, _ => Length });

        public override void Flush()
        {
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                from.Dispose();
            }

            base.Dispose(disposing);
        }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
