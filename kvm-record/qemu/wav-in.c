/*
 * -audiodev wav,in-path=FILE: a microphone that hears what a WAV file has.
 *
 * QEMU's driver "wav" only plays.  What is here makes it record, too, so that a
 * guest gets sound of known content, on a host without a microphone.  Each
 * time that the guest starts to record, the file is played from its start;
 * after its end there is silence.
 *
 * To the recorder this is as any sound: the frames reach the guest by the DMA
 * of its sound card.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "audio/audio.h"
#define AUDIO_CAP "wav"
#include "audio/audio_int.h"
#include "common/core/hooks.h"
#include "kvm-record/qemu/wav-file.h"

#define BUFFERED_FRAMES 1024    /* as QEMU's own drivers without a device */

struct wav_voice {
    HWVoiceIn hw;
    RateCtl rate;
    FILE *file;
    struct rr_wav wav;
    uint64_t frames_left;
    bool machine_stopped;
};

static FILE *open_wav(const char *path, struct rr_wav *wav, Error **errp)
{
    FILE *file = fopen(path, "rb");
    const char *wrong;

    if (!file) {
        error_setg_errno(errp, errno, "in-path: cannot open %s", path);
        return NULL;
    }
    wrong = rr_wav_read_header(wav, file);
    if (wrong) {
        error_setg(errp, "in-path: cannot play %s: %s", path, wrong);
        fclose(file);
        return NULL;
    }
    return file;
}

bool rr_wav_check(struct Audiodev *dev, Error **errp)
{
    const AudiodevPerDirectionOptions *in = dev->u.wav.in;
    struct rr_wav wav;
    FILE *file;

    /* Without it the guest's format would have to be the file's. */
    if (in && in->has_mixing_engine && !in->mixing_engine) {
        error_setg(errp, "in-path needs in.mixing-engine=on");
        return false;
    }
    file = open_wav(dev->u.wav.in_path, &wav, errp);
    if (!file) {
        return false;
    }
    fclose(file);
    return true;
}

static AudioFormat format_of(const struct rr_wav *wav)
{
    return wav->bits == 8 ? AUDIO_FORMAT_U8 :
           wav->bits == 16 ? AUDIO_FORMAT_S16 : AUDIO_FORMAT_S32;
}

static struct wav_voice *voice_of(HWVoiceIn *hw)
{
    return container_of(hw, struct wav_voice, hw);
}

static int init_in(HWVoiceIn *hw, struct audsettings *as, void *opaque)
{
    struct wav_voice *v = voice_of(hw);
    const char *path = ((Audiodev *)opaque)->u.wav.in_path;
    Error *err = NULL;
    struct audsettings settings;

    if (!path) {    /* the driver has no voices to record from, as upstream */
        return -1;
    }
    v->file = open_wav(path, &v->wav, &err);
    if (!v->file) {
        error_report_err(err);
        return -1;
    }
    settings = (struct audsettings) {
        .freq = v->wav.rate_hz,
        .nchannels = v->wav.channels,
        .fmt = format_of(&v->wav),
    };
    audio_pcm_init_info(&hw->info, &settings);
    hw->samples = BUFFERED_FRAMES;
    v->frames_left = v->wav.frames;
    audio_rate_start(&v->rate);
    return 0;
}

static void fini_in(HWVoiceIn *hw)
{
    fclose(voice_of(hw)->file);
}

static size_t read_in(HWVoiceIn *hw, void *buf, size_t len)
{
    struct wav_voice *v = voice_of(hw);
    unsigned frame_bytes = v->wav.frame_bytes;
    size_t frames = audio_rate_get_bytes(&v->rate, &hw->info, len) /
                    frame_bytes;
    size_t got = fread(buf, frame_bytes, MIN(frames, v->frames_left), v->file);

    v->frames_left -= got;
    audio_pcm_info_clear_buf(&hw->info, buf + got * frame_bytes, frames - got);
    return frames * frame_bytes;
}

/* Also called when the machine stops and goes on, which moves nothing. */
static void enable_in(HWVoiceIn *hw, bool enable)
{
    struct wav_voice *v = voice_of(hw);

    if (!enable) {
        v->machine_stopped = !hw->s->vm_running;
        return;
    }
    audio_rate_start(&v->rate);
    if (!v->machine_stopped) {
        fseeko(v->file, v->wav.first_byte, SEEK_SET);
        v->frames_left = v->wav.frames;
    }
    v->machine_stopped = false;
}

void rr_wav_add_capture(struct audio_driver *driver)
{
    driver->max_voices_in = 1;
    driver->voice_size_in = sizeof(struct wav_voice);
    driver->pcm_ops->init_in = init_in;
    driver->pcm_ops->fini_in = fini_in;
    driver->pcm_ops->read = read_in;
    driver->pcm_ops->run_buffer_in = audio_generic_run_buffer_in;
    driver->pcm_ops->enable_in = enable_in;
}
